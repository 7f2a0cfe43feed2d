import { roundUp, SECTOR_BYTES } from '../../../base/units.ts';
import { SlotSet } from './slot-set.ts';

/** What the search needs of an extent. */
interface Searched {
  readonly grainCount: number;
  readonly grainBytes: number;
  readPlaces(firstGrain: number, count: number, target: Uint32Array): number;
}

/** Grains one behind the other in a file. */
export interface GrainRow {
  readonly sector: number;
  readonly grains: number;
}

const GRAINS_AT_ONCE = 4096;

/**
 * Finds the grain-aligned rows in [fromSector, endSector) of an extent's file to which no entry points:
 * space lost in crashes, or freed by the guest. `busy`: rows that must not be found, whatever entries say. Reads
 * every table, so it is kept for a file that has reached its limit; takes a bit a grain. The caller has made
 * sure that no metadata lies in that range.
 */
export function findUnusedRows(
  extent: Searched,
  fromSector: number,
  endSector: number,
  busy: readonly GrainRow[] = [],
): GrainRow[] {
  const grainSectors = extent.grainBytes / SECTOR_BYTES;
  const first = roundUp(fromSector, grainSectors);
  const slots = Math.floor((endSector - first) / grainSectors);
  if (slots <= 0) return [];
  const used = new SlotSet(slots);
  const mark = (sector: number, sectors: number) => {
    // What is not aligned uses one slot more.
    const end = Math.min(slots, Math.ceil((sector + sectors - first) / grainSectors));
    for (let slot = Math.max(0, Math.floor((sector - first) / grainSectors)); slot < end; slot++) used.add(slot);
  };
  const places = new Uint32Array(GRAINS_AT_ONCE);
  for (let grain = 0; grain < extent.grainCount; grain += GRAINS_AT_ONCE) {
    const count = Math.min(GRAINS_AT_ONCE, extent.grainCount - grain);
    if (extent.readPlaces(grain, count, places) === 0) continue;
    for (let i = 0; i < count; i++) if (places[i] !== 0) mark(places[i] as number, grainSectors);
  }
  for (const { sector, grains } of busy) mark(sector, grains * grainSectors);
  const rows: GrainRow[] = [];
  for (let slot = used.nextFree(0); slot < slots; slot = used.nextFree(slot)) {
    const start = slot;
    while (slot < slots && !used.has(slot)) slot++;
    rows.push({ sector: first + start * grainSectors, grains: slot - start });
  }
  return rows;
}

import { roundUp, SECTOR_BYTES } from '../../../base/units.ts';

/** What the search needs of an extent. */
interface Searched {
  readonly grainCount: number;
  readonly grainBytes: number;
  readPlaces(firstGrain: number, count: number, target: Uint32Array): number;
}

const GRAINS_AT_ONCE = 4096;

/**
 * Finds the grain-aligned rows in [fromSector, endSector) of an extent's file to which no entry points:
 * space lost in crashes. Reads every table, so it is kept for a file that has reached its limit. The caller
 * has made sure that no metadata lies in that range.
 */
export function findUnusedRows(
  extent: Searched,
  fromSector: number,
  endSector: number,
): { sector: number; grains: number }[] {
  const grainSectors = extent.grainBytes / SECTOR_BYTES;
  const first = roundUp(fromSector, grainSectors);
  const slots = Math.floor((endSector - first) / grainSectors);
  if (slots <= 0) return [];
  const isUsed = new Uint8Array(slots);
  const entries = new Uint32Array(GRAINS_AT_ONCE);
  for (let grain = 0; grain < extent.grainCount; grain += GRAINS_AT_ONCE) {
    const count = Math.min(GRAINS_AT_ONCE, extent.grainCount - grain);
    if (extent.readPlaces(grain, count, entries) === 0) continue;
    for (let i = 0; i < count; i++) {
      const sector = entries[i] as number;
      if (sector === 0) continue;
      // A grain that is not aligned uses two slots.
      for (
        let slot = Math.floor((sector - first) / grainSectors);
        slot * grainSectors + first < sector + grainSectors;
        slot++
      ) {
        if (slot >= 0 && slot < slots) isUsed[slot] = 1;
      }
    }
  }
  const rows: { sector: number; grains: number }[] = [];
  for (let slot = 0; slot < slots; slot++) {
    if (isUsed[slot] === 1) continue;
    const start = slot;
    while (slot < slots && isUsed[slot] === 0) slot++;
    rows.push({ sector: first + start * grainSectors, grains: slot - start });
  }
  return rows;
}

import { assert } from '../../base/assert.ts';
import { greatestCommonDivisor, MIB, SECTOR_BYTES } from '../../base/units.ts';
import type { CowdExtent } from '../formats/cowd/cowd-extent.ts';

/** The part of a disk that one merged table describes. */
export const WINDOW_BYTES = 2 * MIB;

const MAX_ENTRIES = WINDOW_BYTES / SECTOR_BYTES;
const scratch = new Uint32Array(MAX_ENTRIES + 1);
/** What the objects around the arrays take, about. */
const OBJECT_BYTES = 256;

/**
 * Where the content of one window of the disk lies, all links of the chain taken together: for every cell
 * the extent that has it and the sector in that extent's file. A lookup costs the same whatever the depth.
 *
 * A cell is the greatest common divisor of the grains in the window and of where they begin in it, so no
 * cell lies in two grains. It is a power of two sectors, because grains are.
 */
export class MergedWindow {
  readonly startBytes: number;
  /** log2 of the cell's bytes. */
  readonly cellShift: number;
  readonly extents: readonly CowdExtent[];
  /** For each cell 1 + the index in `extents`, or 0 where no link has it. `undefined`: 0 everywhere. */
  owners: Uint16Array | undefined;
  /** For each cell with an owner the sector in the owner's file. */
  sectors: Uint32Array | undefined;
  /** Set by lookups, cleared by the cache when it looks for something to drop. */
  wasUsed = true;
  private readonly cells: number;

  private constructor(startBytes: number, endBytes: number, extents: readonly CowdExtent[]) {
    this.startBytes = startBytes;
    this.extents = extents;
    const cellBytes = cellBytesOf(startBytes, extents);
    this.cellShift = Math.log2(cellBytes);
    this.cells = Math.ceil((endBytes - startBytes) / cellBytes);
  }

  /** Reads the tables of every extent in [startBytes, endBytes); leaf first, as the chain lists them. Throws disk.corrupt. */
  static build(startBytes: number, endBytes: number, extents: readonly CowdExtent[]): MergedWindow {
    const window = new MergedWindow(startBytes, endBytes, extents);
    let missing = window.cells;
    for (let index = 0; index < extents.length && missing > 0; index++) {
      missing -= window.addExtent(index, endBytes);
    }
    return window;
  }

  get memoryBytes(): number {
    return OBJECT_BYTES + this.extents.length * 8 + (this.owners === undefined ? 0 : this.cells * 6);
  }

  /** Tells the window that grains of an extent now lie in `count` consecutive places from `sector` on; the part outside it is ignored. */
  enter(extent: CowdExtent, firstGrain: number, count: number, sector: number): void {
    const index = this.extents.indexOf(extent);
    assert(index >= 0, 'an extent of this window');
    const { owners, sectors } = this.arrays();
    const cellBytes = 2 ** this.cellShift;
    const cellSectors = cellBytes / SECTOR_BYTES;
    const grainsStart = extent.startBytes + firstGrain * extent.grainBytes;
    const grainsEnd = Math.min(grainsStart + count * extent.grainBytes, extent.startBytes + extent.spanBytes);
    const from = Math.max(0, (grainsStart - this.startBytes) / cellBytes);
    const to = Math.min(this.cells, Math.ceil((grainsEnd - this.startBytes) / cellBytes));
    const firstSector = sector + (this.startBytes + from * cellBytes - grainsStart) / SECTOR_BYTES;
    for (let cell = from; cell < to; cell++) {
      owners[cell] = index + 1;
      sectors[cell] = firstSector + (cell - from) * cellSectors;
    }
  }

  /** Enters an extent's grains where no extent before it has any; returns how many cells that were. */
  private addExtent(index: number, endBytes: number): number {
    const extent = this.extents[index] as CowdExtent;
    const { grainBytes } = extent;
    const from = Math.max(this.startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    const firstGrain = Math.floor(from / grainBytes);
    const grains = Math.ceil(to / grainBytes) - firstGrain;
    const entries = scratch.subarray(0, grains);
    if (!extent.readEntries(firstGrain, grains, entries)) return 0;

    const { owners, sectors } = this.arrays();
    const cellBytes = 2 ** this.cellShift;
    const cellSectors = cellBytes / SECTOR_BYTES;
    const cellsPerGrain = grainBytes / cellBytes;
    const firstCell = (extent.startBytes + firstGrain * grainBytes - this.startBytes) / cellBytes;
    const lowest = Math.max(0, (extent.startBytes + from - this.startBytes) / cellBytes);
    const highest = Math.ceil((extent.startBytes + to - this.startBytes) / cellBytes);
    const owner = index + 1;
    let added = 0;
    for (let grain = 0; grain < grains; grain++) {
      const sector = entries[grain] as number;
      if (sector === 0) continue;
      const grainCell = firstCell + grain * cellsPerGrain;
      const end = Math.min(grainCell + cellsPerGrain, highest);
      for (let cell = Math.max(grainCell, lowest); cell < end; cell++) {
        if (owners[cell] !== 0) continue;
        owners[cell] = owner;
        sectors[cell] = sector + (cell - grainCell) * cellSectors;
        added++;
      }
    }
    return added;
  }

  private arrays(): { owners: Uint16Array; sectors: Uint32Array } {
    this.owners ??= new Uint16Array(this.cells);
    this.sectors ??= new Uint32Array(this.cells);
    return { owners: this.owners, sectors: this.sectors };
  }
}

/** The largest piece that lies in one grain of every extent, wherever it is in the window. */
function cellBytesOf(startBytes: number, extents: readonly CowdExtent[]): number {
  let cell = WINDOW_BYTES;
  for (const extent of extents) {
    cell = greatestCommonDivisor(cell, extent.grainBytes);
    cell = greatestCommonDivisor(cell, Math.abs(startBytes - extent.startBytes) % extent.grainBytes || extent.grainBytes);
  }
  return cell;
}

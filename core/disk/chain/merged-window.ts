import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { greatestCommonDivisor, MIB, SECTOR_BYTES } from '../../base/units.ts';
import { ZEROS, type Extent } from '../formats/extent.ts';

/** The part of a disk that one merged table describes. */
export const WINDOW_BYTES = 8 * MIB;

const MAX_CELLS = WINDOW_BYTES / SECTOR_BYTES;
/** While a window is merged: zeros that hide what is below. Kept, it is as if nobody had the cell. */
const HIDDEN = 0xffff;
/** Owners count from 1 in 16 bits, below HIDDEN. */
const MAX_EXTENTS = HIDDEN - 1;
/** What a window takes beside its arrays, and an array beside its content: measured, for they outweigh it in sparse disks. */
const OBJECT_BYTES = 400;
const ARRAY_BYTES = 600;

/** Where tables are read to and merged before a window takes what it needs of it. */
const scratch = {
  found: new Uint32Array(MAX_CELLS + 1),
  positions: new Uint16Array(MAX_CELLS + 1),
  owners: new Uint16Array(MAX_CELLS),
  places: new Uint32Array(MAX_CELLS),
};

/**
 * Rows of cells that are one behind the other in one extent, or that read as zeros.
 * Kept for each cell, or as runs where that is smaller: then `starts` has the first cell of each.
 */
interface Cells {
  /** 1 + the index of the extent, or 0 for zeros: no link has the cell, or the first that has it says zeros. */
  readonly owners: Uint16Array;
  /** The place in the owner; 0 without one. */
  readonly places: Uint32Array;
  readonly starts?: Uint16Array;
}

/** One run, and nobody has it: what most windows of a large disk are. Never changed, so that all can share it. */
const NOTHING: Cells = { owners: new Uint16Array(1), places: new Uint32Array(1), starts: new Uint16Array(1) };

/**
 * Where the content of one window of the disk lies, all links of the chain taken together. A lookup costs the
 * same whatever the depth.
 *
 * A cell is the greatest common divisor of the grains in the window and of where they begin in it, so no
 * cell lies in two grains. It is a power of two sectors, because grains are.
 */
export class MergedWindow {
  readonly startBytes: number;
  readonly endBytes: number;
  /** What the last `locate` found: the extent that has the byte, or `undefined` where it reads as zero. */
  extent: Extent | undefined;
  /** What the last `locate` found: where in that extent. */
  addressBytes = 0;
  /** Set by lookups, cleared by the cache when it looks for something to drop. */
  wasUsed = true;
  private readonly extents: readonly Extent[];
  private readonly cellShift: number;
  private readonly cellPlaces: number;
  private readonly count: number;
  private cells: Cells;

  /**
   * Reads the tables of every extent in [startBytes, endBytes), the nearest to the guest first.
   * Throws disk.corrupt, disk.io, disk.unsupported (more extents in one window than it can count).
   */
  constructor(startBytes: number, endBytes: number, extents: readonly Extent[]) {
    if (extents.length > MAX_EXTENTS) throw tooManyError(extents);
    this.startBytes = startBytes;
    this.endBytes = endBytes;
    this.extents = extents;
    const cellBytes = cellBytesOf(startBytes, extents);
    this.cellShift = Math.log2(cellBytes);
    this.cellPlaces = cellBytes / SECTOR_BYTES;
    this.count = Math.ceil((endBytes - startBytes) / cellBytes);
    scratch.owners.fill(0, 0, this.count);
    scratch.places.fill(0, 0, this.count);
    let missing = this.count;
    for (let index = 0; index < extents.length && missing > 0; index++) missing -= this.merge(index);
    this.cells = this.compact();
  }

  get memoryBytes(): number {
    const { owners, places, starts } = this.cells;
    if (this.cells === NOTHING) return OBJECT_BYTES;
    const arrays = starts === undefined ? 2 : 3;
    return OBJECT_BYTES + arrays * ARRAY_BYTES + owners.byteLength + places.byteLength + (starts?.byteLength ?? 0);
  }

  /** Finds a byte of the disk: sets `extent` and `addressBytes`, and returns where the row ends at the latest that it lies in. */
  locate(offsetBytes: number): number {
    const { owners, places, starts } = this.cells;
    const within = offsetBytes - this.startBytes;
    const cell = within >>> this.cellShift;
    let index = cell;
    let firstCell = cell;
    let endCell = cell + 1;
    if (starts !== undefined) {
      index = lastNotAbove(starts, cell);
      firstCell = starts[index] as number;
      endCell = index + 1 < starts.length ? (starts[index + 1] as number) : this.count;
    }
    const owner = owners[index] as number;
    if (owner === 0) {
      this.extent = undefined;
      this.addressBytes = 0;
    } else {
      const extent = this.extents[owner - 1] as Extent;
      this.extent = extent;
      this.addressBytes =
        extent.originBytes + (places[index] as number) * SECTOR_BYTES + (within - (firstCell << this.cellShift));
    }
    return Math.min(this.endBytes, this.startBytes + (endCell << this.cellShift));
  }

  /** Whether an extent lies in this window. */
  has(extent: Extent): boolean {
    return this.extents.includes(extent);
  }

  /** Tells the window that grains of an extent now lie one behind the other from `place` on; the part outside it is ignored. */
  enter(extent: Extent, firstGrain: number, count: number, place: number): void {
    const owner = this.extents.indexOf(extent) + 1;
    assert(owner > 0, 'an extent of this window');
    const { owners, places } = this.expand();
    const cellBytes = 2 ** this.cellShift;
    const grainsStart = extent.startBytes + firstGrain * extent.grainBytes;
    const grainsEnd = Math.min(grainsStart + count * extent.grainBytes, extent.startBytes + extent.spanBytes);
    const from = Math.max(0, (grainsStart - this.startBytes) / cellBytes);
    const to = Math.min(this.count, Math.ceil((grainsEnd - this.startBytes) / cellBytes));
    const firstPlace = place + (this.startBytes + from * cellBytes - grainsStart) / SECTOR_BYTES;
    for (let cell = from; cell < to; cell++) {
      owners[cell] = owner;
      places[cell] = firstPlace + (cell - from) * this.cellPlaces;
    }
  }

  /** Enters an extent's grains into the scratch where no extent before it has any; returns how many cells that were. */
  private merge(index: number): number {
    const extent = this.extents[index] as Extent;
    const { grainBytes } = extent;
    const { found, positions, owners, places } = scratch;
    const from = Math.max(this.startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(this.endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    const firstGrain = Math.floor(from / grainBytes);
    const allocated = extent.readPlaces(firstGrain, Math.ceil(to / grainBytes) - firstGrain, found, positions);
    if (allocated === 0) return 0;

    const { cellPlaces } = this;
    const cellBytes = 2 ** this.cellShift;
    const cellsPerGrain = Math.floor(grainBytes / cellBytes);
    // Of the first grain's first cell, which lies before the window where a grain straddles its start.
    const origin = Math.floor((extent.startBytes + firstGrain * grainBytes - this.startBytes) / cellBytes);
    const lowest = Math.max(0, Math.floor((extent.startBytes + from - this.startBytes) / cellBytes));
    const highest = Math.ceil((extent.startBytes + to - this.startBytes) / cellBytes);
    const owner = index + 1;
    let added = 0;
    for (let k = 0; k < allocated; k++) {
      const position = positions[k] as number;
      const place = found[position] as number;
      const grainCell = origin + position * cellsPerGrain;
      const first = grainCell < lowest ? lowest : grainCell;
      const end = grainCell + cellsPerGrain < highest ? grainCell + cellsPerGrain : highest;
      for (let cell = first; cell < end; cell++) {
        if (owners[cell] !== 0) continue;
        added++;
        owners[cell] = place === ZEROS ? HIDDEN : owner;
        places[cell] = place + (cell - grainCell) * cellPlaces;
      }
    }
    return added;
  }

  /** Takes what was merged out of the scratch: as runs if that is smaller than cell by cell. */
  private compact(): Cells {
    const { owners, places } = scratch;
    const { count, cellPlaces } = this;
    for (let cell = owners.indexOf(HIDDEN); cell >= 0 && cell < count; cell = owners.indexOf(HIDDEN, cell))
      owners[cell] = places[cell] = 0;
    const continues = (cell: number) =>
      owners[cell] === owners[cell - 1] &&
      (owners[cell] === 0 || places[cell] === (places[cell - 1] as number) + cellPlaces);
    let runs = 1;
    for (let cell = 1; cell < count; cell++) if (!continues(cell)) runs++;
    if (runs === 1 && owners[0] === 0) return NOTHING;
    // A run takes 8 bytes and a search, a cell takes 6.
    if (runs > count / 4) return { owners: owners.slice(0, count), places: places.slice(0, count) };
    const packed = { owners: new Uint16Array(runs), places: new Uint32Array(runs), starts: new Uint16Array(runs) };
    let run = 0;
    for (let cell = 0; cell < count; cell++) {
      if (cell > 0 && continues(cell)) continue;
      packed.starts[run] = cell;
      packed.owners[run] = owners[cell] as number;
      packed.places[run] = places[cell] as number;
      run++;
    }
    return packed;
  }

  /** The cells one by one, as a window that changes has them. */
  private expand(): Cells {
    const { cells, count, cellPlaces } = this;
    if (cells.starts === undefined) return cells;
    const owners = new Uint16Array(count);
    const places = new Uint32Array(count);
    for (let run = 0; run < cells.starts.length; run++) {
      const start = cells.starts[run] as number;
      const end = cells.starts[run + 1] ?? count;
      const owner = cells.owners[run] as number;
      if (owner === 0) continue;
      owners.fill(owner, start, end);
      for (let cell = start; cell < end; cell++)
        places[cell] = (cells.places[run] as number) + (cell - start) * cellPlaces;
    }
    this.cells = { owners, places };
    return this.cells;
  }
}

/** Index of the last value that is not above `wanted`, in ascending values of which the first is not. */
function lastNotAbove(values: Uint16Array, wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((values[middle] as number) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

function tooManyError(extents: readonly Extent[]): RedoubtError {
  const { path: file } = extents.at(-1) as Extent;
  const count = String(extents.length);
  return new RedoubtError('disk.unsupported', `${file} lies under too many others: ${count} files in one place.`, {
    file,
    feature: `more than ${String(MAX_EXTENTS)} files in one place of the disk`,
  });
}

/** The largest piece that lies in one grain of every extent, wherever it is in the window. */
function cellBytesOf(startBytes: number, extents: readonly Extent[]): number {
  let cell = WINDOW_BYTES;
  for (const extent of extents) {
    cell = greatestCommonDivisor(cell, extent.grainBytes);
    cell = greatestCommonDivisor(
      cell,
      Math.abs(startBytes - extent.startBytes) % extent.grainBytes || extent.grainBytes,
    );
  }
  return cell;
}

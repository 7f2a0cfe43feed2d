import { assert } from '../../base/assert.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { ZEROS, type Extent } from '../formats/extent.ts';
import type { TableBlock } from './table-memory.ts';
import { WINDOW_BYTES, type WindowShape } from './window-shape.ts';

const MAX_CELLS = WINDOW_BYTES / SECTOR_BYTES;
/** While a window is merged: zeros that hide what is below. Kept, it is as if nobody had the cell. */
const HIDDEN = 0xffff;
/** The first word of a run has the cell above, the owner below. */
const START_SHIFT = 16;
const OWNER_MASK = 0xffff;
/**
 * What a window takes beside its tables: itself, its places in the cache, and what the heap keeps free for each (180
 * bytes, and as much again; measured with 120,000 of them on Node 20).
 */
const OBJECT_BYTES = 320;

/** Where tables are read to and merged before a window takes what it needs of it. */
const scratch: { found: Uint32Array; positions: Uint16Array; owners: Uint16Array; places: Uint32Array } = {
  found: new Uint32Array(MAX_CELLS + 1),
  positions: new Uint16Array(MAX_CELLS + 1),
  owners: new Uint16Array(MAX_CELLS),
  places: new Uint32Array(MAX_CELLS),
};

/** One run, and nobody has it: what most windows of a large disk are. Never changed, so that all can share it. */
const NOTHING: TableBlock = { page: new Uint32Array(2), start: 0, words: 2 };

/**
 * Where the content of one window of the disk lies, all links of the chain taken together. A lookup costs the
 * same whatever the depth.
 *
 * A cell is the greatest common divisor of the grains in the window and of where they begin in it, so no
 * cell lies in two grains. It is a power of two sectors, because grains are.
 *
 * Kept are runs, which are cells that are one behind the other in one extent or that read as zeros; or cell by cell,
 * where that is smaller. An owner is 1 + the index of the extent, or 0 for zeros: no link has the cell, or the first
 * that has it says zeros. A place is where the owner has the first cell; 0 without one.
 *
 * | | runs | cell by cell |
 * | --- | --- | --- |
 * | `table` | two words a run: its first cell × 65536 + its owner; its place. Room may be left behind them | the places |
 * | `owners` | | the owners, two in a word, the even cell's below |
 *
 * Both lie in memory that is shared with other windows, and must be given back to it with `release`. A window that was
 * released can be filled again, for any part of the disk: very many new objects that live for a while and are dropped
 * would leave to the collector as much as they hold.
 */
export class MergedWindow implements TableBlock {
  /** Set by lookups, cleared by the cache when it looks for something to drop. */
  wasUsed = true;
  /** Which window of the disk it is. */
  number = 0;
  // The block with the table: a window's own fields, because an object more in each is a quarter of what it takes.
  page = NOTHING.page;
  start = NOTHING.start;
  words = NOTHING.words;
  private shape: WindowShape;
  /** Cells. */
  private count = 0;
  /** 0 while it is not filled. */
  private runCount = 0;
  private owners: TableBlock | undefined;

  /** Not filled yet. */
  constructor(shape: WindowShape) {
    this.shape = shape;
  }

  get startBytes(): number {
    return this.number * WINDOW_BYTES;
  }

  get endBytes(): number {
    return Math.min((this.number + 1) * WINDOW_BYTES, this.shape.diskBytes);
  }

  /** What the last `locate` found, to be read at once: the extent that has the byte, or `undefined` where it reads as zero. */
  get extent(): Extent | undefined {
    return this.shape.extent;
  }

  /** What the last `locate` found, to be read at once: where in that extent. */
  get addressBytes(): number {
    return this.shape.addressBytes;
  }

  /** Can be asked. */
  get isFilled(): boolean {
    return this.runCount > 0;
  }

  get memoryBytes(): number {
    if (this.page === NOTHING.page) return OBJECT_BYTES;
    return OBJECT_BYTES + 4 * (this.words + (this.owners?.words ?? 0));
  }

  /**
   * Reads the tables of every extent in the window of this number, the nearest to the guest first.
   * Throws disk.corrupt, disk.io; it is not filled then.
   */
  fill(shape: WindowShape, number: number): void {
    assert(!this.isFilled, 'a window that is not kept');
    this.shape = shape;
    this.number = number;
    this.wasUsed = true;
    this.count = Math.ceil((this.endBytes - this.startBytes) / 2 ** shape.cellShift);
    scratch.owners.fill(0, 0, this.count);
    scratch.places.fill(0, 0, this.count);
    let missing = this.count;
    for (let index = 0; index < shape.extents.length && missing > 0; index++) missing -= this.merge(index);
    this.compact();
  }

  /** Gives the tables back. The window must not be asked any more until it is filled again. */
  release(): void {
    if (this.owners !== undefined) this.shape.memory.giveBack(this.owners);
    this.owners = undefined;
    this.hold(NOTHING);
    this.runCount = 0;
  }

  /** Finds a byte of the window: sets `extent` and `addressBytes`, and returns where the row ends at the latest that it lies in. */
  locate(offsetBytes: number): number {
    assert(this.runCount > 0, 'a window that is still kept');
    const { owners, shape, page, start } = this;
    const startBytes = this.number * WINDOW_BYTES;
    const within = offsetBytes - startBytes;
    const cell = within >>> shape.cellShift;
    let owner: number;
    let place: number;
    let firstCell = cell;
    let endCell = cell + 1;
    if (owners !== undefined) {
      owner = ownerIn(owners, cell);
      place = page[start + cell] as number;
    } else {
      const run = this.runAt(cell);
      const head = page[start + 2 * run] as number;
      owner = head & OWNER_MASK;
      place = page[start + 2 * run + 1] as number;
      firstCell = head >>> START_SHIFT;
      endCell = this.endOf(run);
    }
    if (owner === 0) {
      shape.extent = undefined;
      shape.addressBytes = 0;
    } else {
      const extent = shape.extents[owner - 1] as Extent;
      shape.extent = extent;
      shape.addressBytes = extent.originBytes + place * SECTOR_BYTES + (within - (firstCell << shape.cellShift));
    }
    return Math.min(shape.diskBytes, startBytes + (endCell << shape.cellShift));
  }

  /** Whether an extent lies in this window. */
  has(extent: Extent): boolean {
    return this.shape.extents.includes(extent);
  }

  /** Tells the window that grains of an extent now lie one behind the other from `place` on; the part outside it is ignored. */
  enter(extent: Extent, firstGrain: number, count: number, place: number): void {
    const owner = this.shape.extents.indexOf(extent) + 1;
    assert(owner > 0, 'an extent of this window');
    const cellBytes = 2 ** this.shape.cellShift;
    const grainsStart = extent.startBytes + firstGrain * extent.grainBytes;
    const grainsEnd = Math.min(grainsStart + count * extent.grainBytes, extent.startBytes + extent.spanBytes);
    const from = Math.max(0, (grainsStart - this.startBytes) / cellBytes);
    const to = Math.min(this.count, Math.ceil((grainsEnd - this.startBytes) / cellBytes));
    const firstPlace = place + (this.startBytes + from * cellBytes - grainsStart) / SECTOR_BYTES;
    if (from >= to) return;
    if (this.owners === undefined && this.enterRun(from, to, owner, firstPlace)) return;
    const owners = this.expand();
    const { page, start } = this;
    for (let cell = from; cell < to; cell++) {
      setOwner(owners, cell, owner);
      page[start + cell] = firstPlace + (cell - from) * this.cellPlaces;
    }
  }

  /** Lays cells [from, to) over the runs, joined with neighbours they continue. False, and nothing done: runs would be too many. */
  private enterRun(from: number, to: number, owner: number, place: number): boolean {
    const { runCount, cellPlaces } = this;
    const first = this.runAt(from);
    const last = this.runAt(to - 1);
    // What stays before the new cells: a run that they cut keeps its beginning.
    let before = this.startOf(first) < from ? first + 1 : first;
    const isJoined = before > 0 && this.isContinuedBy(before - 1, from, owner, place);
    // What stays behind them: of the last run that they cut, the rest.
    let behind = last + 1;
    let rest = 0;
    let restPlace = 0;
    const endPlace = place + (to - from) * cellPlaces;
    if (to < this.endOf(last)) {
      const lastOwner = this.ownerOf(last);
      restPlace = lastOwner === 0 ? 0 : this.placeOf(last) + (to - this.startOf(last)) * cellPlaces;
      if (lastOwner !== owner || restPlace !== endPlace) rest = headOf(to, lastOwner);
    } else if (behind < runCount) {
      if (this.ownerOf(behind) === owner && this.placeOf(behind) === endPlace) behind++;
    }

    const added = (isJoined ? 0 : 1) + (rest === 0 ? 0 : 1);
    const runs = before + added + runCount - behind;
    if (!isSmallerAsRuns(runs, this.count)) return false;
    this.moveRuns(behind, before + added, runs, before);
    const { page, start } = this;
    if (!isJoined) {
      page[start + 2 * before] = headOf(from, owner);
      page[start + 2 * before + 1] = place;
      before++;
    }
    if (rest !== 0) {
      page[start + 2 * before] = rest;
      page[start + 2 * before + 1] = restPlace;
    }
    this.runCount = runs;
    return true;
  }

  /** Moves the runs from `behind` on to where run `to` will be, in a table with room for `runs`; the first `kept` stay. */
  private moveRuns(behind: number, to: number, runs: number, kept: number): void {
    const { page, start, words, runCount } = this;
    if (page !== NOTHING.page && 2 * runs <= words) {
      page.copyWithin(start + 2 * to, start + 2 * behind, start + 2 * runCount);
      return;
    }
    const target = this.shape.memory.take(2 * runs);
    target.page.set(page.subarray(start, start + 2 * kept), target.start);
    target.page.set(page.subarray(start + 2 * behind, start + 2 * runCount), target.start + 2 * to);
    this.hold(target);
  }

  /** Has the table in another block from now on; the one that had it goes back. */
  private hold({ page, start, words }: TableBlock): void {
    if (this.page !== NOTHING.page) this.shape.memory.giveBack(this);
    this.page = page;
    this.start = start;
    this.words = words;
  }

  private get cellPlaces(): number {
    return 2 ** this.shape.cellShift / SECTOR_BYTES;
  }

  /** Index of the run that a cell lies in. */
  private runAt(cell: number): number {
    const { page, start } = this;
    let low = 0;
    let high = this.runCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((page[start + 2 * middle] as number) >>> START_SHIFT <= cell) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private headAt(run: number): number {
    return this.page[this.start + 2 * run] as number;
  }

  private startOf(run: number): number {
    return this.headAt(run) >>> START_SHIFT;
  }

  private ownerOf(run: number): number {
    return this.headAt(run) & OWNER_MASK;
  }

  private placeOf(run: number): number {
    return this.page[this.start + 2 * run + 1] as number;
  }

  private endOf(run: number): number {
    return run + 1 < this.runCount ? this.startOf(run + 1) : this.count;
  }

  private isContinuedBy(run: number, cell: number, owner: number, place: number): boolean {
    return this.ownerOf(run) === owner && this.placeOf(run) + (cell - this.startOf(run)) * this.cellPlaces === place;
  }

  /** Enters an extent's grains into the scratch where no extent before it has any; returns how many cells that were. */
  private merge(index: number): number {
    const { startBytes, endBytes, shape } = this;
    const extent = shape.extents[index] as Extent;
    const { grainBytes } = extent;
    const { positions, owners, places } = scratch;
    const from = Math.max(startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    const firstGrain = Math.floor(from / grainBytes);
    const found = foundOf(Math.ceil(to / grainBytes) - firstGrain);
    const allocated = extent.readPlaces(firstGrain, found.length, found, positions);
    if (allocated === 0) return 0;

    const { cellPlaces } = this;
    const cellBytes = 2 ** shape.cellShift;
    const cellsPerGrain = Math.floor(grainBytes / cellBytes);
    // Of the first grain's first cell, which lies before the window where a grain straddles its start.
    const origin = Math.floor((extent.startBytes + firstGrain * grainBytes - startBytes) / cellBytes);
    const lowest = Math.max(0, Math.floor((extent.startBytes + from - startBytes) / cellBytes));
    const highest = Math.ceil((extent.startBytes + to - startBytes) / cellBytes);
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
  private compact(): void {
    const { owners, places } = scratch;
    const { count, cellPlaces } = this;
    const { memory } = this.shape;
    for (let cell = owners.indexOf(HIDDEN); cell >= 0 && cell < count; cell = owners.indexOf(HIDDEN, cell))
      owners[cell] = places[cell] = 0;
    const continues = (cell: number) =>
      owners[cell] === owners[cell - 1] &&
      (owners[cell] === 0 || places[cell] === (places[cell - 1] as number) + cellPlaces);
    let runs = 1;
    for (let cell = 1; cell < count; cell++) if (!continues(cell)) runs++;
    this.runCount = runs;
    if (runs === 1 && owners[0] === 0) return;
    if (!isSmallerAsRuns(runs, count)) {
      this.hold(memory.take(count));
      this.page.set(places.subarray(0, count), this.start);
      this.owners = memory.take(Math.ceil(count / 2));
      for (let cell = 0; cell < count; cell++) setOwner(this.owners, cell, owners[cell] as number);
      return;
    }
    this.hold(memory.take(2 * runs));
    const { page, start } = this;
    let word = start;
    for (let cell = 0; cell < count; cell++) {
      if (cell > 0 && continues(cell)) continue;
      page[word++] = headOf(cell, owners[cell] as number);
      page[word++] = places[cell] as number;
    }
  }

  /** Lays the runs out cell by cell, as a window of many runs has them, and returns the owners. */
  private expand(): TableBlock {
    if (this.owners !== undefined) return this.owners;
    const { count, cellPlaces } = this;
    const { memory } = this.shape;
    const places = memory.take(count);
    const owners = memory.take(Math.ceil(count / 2));
    for (let run = 0; run < this.runCount; run++) {
      const owner = this.ownerOf(run);
      const place = this.placeOf(run);
      const firstCell = this.startOf(run);
      const end = this.endOf(run);
      for (let cell = firstCell; cell < end; cell++) {
        setOwner(owners, cell, owner);
        places.page[places.start + cell] = owner === 0 ? 0 : place + (cell - firstCell) * cellPlaces;
      }
    }
    this.hold(places);
    this.owners = owners;
    return owners;
  }
}

function ownerIn({ page, start }: TableBlock, cell: number): number {
  return ((page[start + (cell >>> 1)] as number) >>> ((cell & 1) << 4)) & OWNER_MASK;
}

function setOwner({ page, start }: TableBlock, cell: number, owner: number): void {
  const word = start + (cell >>> 1);
  const shift = (cell & 1) << 4;
  page[word] = ((page[word] as number) & ~(OWNER_MASK << shift)) | (owner << shift);
}

/** The scratch for so many places. The same array as before where it can be: a chain has many links of one shape. */
function foundOf(count: number): Uint32Array {
  if (scratch.found.length !== count) scratch.found = new Uint32Array(scratch.found.buffer, 0, count);
  return scratch.found;
}

/** The first word of a run. */
function headOf(start: number, owner: number): number {
  return (start << START_SHIFT) | owner;
}

/** A run takes 8 bytes and a search, a cell takes 6. */
function isSmallerAsRuns(runs: number, cells: number): boolean {
  return runs <= cells / 4;
}

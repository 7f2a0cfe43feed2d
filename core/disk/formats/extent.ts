import type { DiskFile } from '../files/disk-file.ts';

/** A place that says: this link has nothing here, ask the one below. */
export const NOWHERE = 0;
/** A place that says: zeros, whatever lies below. */
export const ZEROS = 1;
/** Places of extents that have no tables begin behind those two. */
export const FIRST_PLACE = 2;

/**
 * A row of free grains. `place`: where it begins. `isFresh`: nothing was ever written there, so that a hole
 * in the file reads as zeros. `isReserved`: nobody else will find it.
 */
export interface FreeRow {
  readonly place: number;
  readonly grains: number;
  readonly isFresh: boolean;
  readonly isReserved?: true;
}

/**
 * One file of a link, or a part of one, whatever its format: where its grains lie, and where new ones can go.
 * All that the chain knows of formats is this.
 *
 * A *place* is NOWHERE, ZEROS or, from 2 on, a count of 512-byte sectors in the extent's own address space;
 * consecutive sectors of a grain have consecutive places. Its *address* is `originBytes` + place × 512: an
 * offset in the file, but in extents whose content has to be computed (compressed ones).
 *
 * Grains are counted from the extent's start. Reading needs nothing before it. Writing does: the link's books
 * have begun (`isBegun`) before anything here is changed, and what is written becomes durable in two phases
 * that the link's flush runs (`hasUnsynced`, `freezeTables`, `writeFrozenTables`).
 */
export interface Extent {
  readonly path: string;
  readonly file: DiskFile;
  /** Of the disk, in bytes. */
  readonly startBytes: number;
  readonly spanBytes: number;
  /** A power of two, 512 or more. */
  readonly grainBytes: number;
  readonly grainCount: number;
  readonly originBytes: number;
  /** How many grains share one table, and what a table takes; 0 where there is none to be added for a new grain. */
  readonly grainsPerTable: number;
  readonly tableBytes: number;

  /**
   * Fills `target` with the places of `count` grains; returns how many of them are not NOWHERE, and their
   * indexes, ascending, in `positions`. `target` has room for `count`. Throws disk.corrupt, disk.io.
   */
  readPlaces(firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number;
  /** Fills `target` from an address on; returns how many bytes there were: fewer only at the end of the file. Throws disk.io, disk.corrupt. */
  readAt(addressBytes: number, target: Uint8Array): number;
  /** The same without holding up the thread. `target` is the reader's until it resolves. */
  readAtLater(addressBytes: number, target: Uint8Array): Promise<number>;
  /** An upper bound of what is allocated, less what is known to be free; found without reading a table. */
  dataBytes(): number;

  /** Written since its last sync. Set by the writing methods, cleared by the flush. */
  hasUnsynced: boolean;
  /** The file says that it is being written. Only the link's books change it. */
  readonly isBegun: boolean;
  /** Table sectors, or space that was freed, wait for a flush. */
  readonly hasPending: boolean;
  /**
   * Throws disk.corrupt where entries lead past the end of the file, as in a copy that was cut off: what it grows by
   * would lie there, and be read in the place of what is lost.
   */
  refuseCutOff?(): void;
  /**
   * Finds room for up to `wanted` new grains from `firstGrain` on and makes sure that their entries can be
   * written later. The row is the caller's once `enter` is told. Throws disk.no-space (try again when there is
   * room), disk.io (EFBIG: the file is full).
   */
  findRow(firstGrain: number, wanted: number): FreeRow;
  /** Takes a row out of what `findRow` finds, to be entered or given back later. */
  reserve(row: FreeRow): FreeRow;
  /** A reserved row is not needed after all. Rows are given back in the reverse order of their reservation. */
  giveBack(row: FreeRow): void;
  /** Writes the whole of a row that `findRow` gave. */
  writeRow(row: FreeRow, chunks: readonly Uint8Array[]): void;
  /** Lets a fresh row stand for zeros without writing it: the file's length covers it first. */
  extendOver(row: FreeRow): void;
  /** The row's data is in the file: enters it for the grains from `firstGrain` on. In memory; a flush writes it. */
  enter(firstGrain: number, row: FreeRow): void;
  /**
   * Makes grains unallocated, where the extent can do that: in memory; a flush writes it. No read of them is under
   * way. Their space is used again only after `reuseCleared`.
   */
  free?(firstGrain: number, count: number): void;
  /** The flush that wrote the last frozen tables has ended: no entry on the device names what they cleared. */
  reuseCleared?(): void;
  /** How the file can be made shorter, where it can. Nothing else may use the extent meanwhile. Throws disk.corrupt, disk.io. */
  compaction?(): ExtentCompaction;
  /** Overwrites part of a grain that the extent has. */
  writeInPlace(addressBytes: number, chunks: readonly Uint8Array[]): void;
  /** Sets the changed table sectors aside for `writeFrozenTables`; later changes go to new copies. */
  freezeTables(): void;
  /** Takes a freeze back. */
  thawTables(): void;
  /** Writes what was set aside. If that fails it is as before the freeze. */
  writeFrozenTables(): void;
}

/** Grains on their way to where the file has gaps. May be left after any step: the file is consistent. */
export interface ExtentCompaction {
  /** What the steps will move, about. */
  readonly totalBytes: number;
  /** Moves some grains, in memory as far as entries go: a flush must follow. Returns the bytes; 0 when there is no more to do. Throws disk.io, disk.no-space. */
  step(): number;
  /** After the last flush: the file ends behind what is used, when it is closed clean. Returns whether that is shorter than now. */
  finish(): boolean;
}

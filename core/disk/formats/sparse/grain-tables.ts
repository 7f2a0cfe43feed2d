import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { NOWHERE, ZEROS } from '../extent.ts';
import {
  corruptTable,
  ENTRIES_PER_SECTOR,
  ENTRY_BYTES,
  readDirectory,
  tableSectorsOf,
  type GrainDirectory,
  type TableShape,
} from './grain-directory.ts';
import type { TablePlaces } from './table-places.ts';

export type { TableShape } from './grain-directory.ts';

// Tables are read straight into typed arrays. All hosts that Node supports with this product are little-endian.
assert(new Uint8Array(new Uint32Array([1]).buffer)[0] === 1, 'a little-endian host');

/**
 * The grain directory and tables of one extent: for each grain, the file sector where it lies, or 0.
 *
 * Nothing of a table is kept but the sectors that have changed and not been written: `live` takes changes,
 * and a flush freezes it, so that what is allocated while the data is being synced waits for the next one.
 *
 * | a sector is in | the file has | a read sees |
 * | --- | --- | --- |
 * | live | the state before | live |
 * | frozen | the state before | frozen, unless live has it too |
 * | neither | all of it | the file |
 *
 * Write order: an entry is written only by `writeFrozen`, which the owner calls after the grain's data has
 * been synced. A crash leaves entries old or new by whole sectors; a grain without entry is only lost space.
 *
 * Where the file has redundant tables, both are written; the second is read where the first is damaged, by a
 * reader. Who writes must have both whole, because what is written over damage can't be mended any more.
 */
export class GrainTables {
  private readonly file: DiskFile;
  private readonly shape: TableShape;
  private readonly tableSectors: number;
  private directory: GrainDirectory | undefined;
  private redundant: TablePlaces | undefined;
  /** One flag a table: its blocks exist on the host, so that writing an entry can't run out of space. */
  private readonly isPrepared: Uint8Array;
  private live = new Map<number, Uint32Array>();
  private frozen = new Map<number, Uint32Array>();

  constructor(file: DiskFile, shape: TableShape) {
    this.file = file;
    this.shape = shape;
    this.tableSectors = tableSectorsOf(shape);
    this.isPrepared = new Uint8Array(file.isWritable ? shape.directoryEntries : 0);
  }

  /**
   * Reads the entries of grains [firstGrain, firstGrain + count) into `target`. `endSectors` is the file's
   * length, which no grain may pass. Returns how many of them are allocated; `positions`, if given, has that
   * many indexes into `target`, ascending, so that most of a table that is nearly empty need not be looked at.
   * Throws disk.corrupt for an entry that points into the metadata or past the end.
   */
  read(firstGrain: number, count: number, target: Uint32Array, endSectors: number, positions?: Uint16Array): number {
    const { entriesPerTable } = this.shape;
    let allocated = 0;
    for (let done = 0; done < count;) {
      const grain = firstGrain + done;
      const table = Math.floor(grain / entriesPerTable);
      const index = grain % entriesPerTable;
      const here = Math.min(count - done, entriesPerTable - index);
      const tableSector = this.tableSector(table);
      if (tableSector === 0) {
        target.fill(0, done, done + here);
      } else {
        const slice = here === target.length ? target : target.subarray(done, done + here);
        const judge = () => this.check(target, done, done + here, firstGrain, endSectors, positions, allocated);
        this.readSlice(tableSector, tableSector, index, slice);
        try {
          allocated = judge();
        } catch (error) {
          const second = this.secondTable(table);
          if (second === 0) throw error;
          this.readSlice(second, tableSector, index, slice);
          allocated = judge();
        }
      }
      done += here;
    }
    return allocated;
  }

  /** Whether a grain of this index has a table to be entered in. */
  hasTable(grain: number): boolean {
    return this.tableSector(Math.floor(grain / this.shape.entriesPerTable)) !== 0;
  }

  /** What a new table takes, with its copy if there is one. */
  get sectorsPerTable(): number {
    return this.tableSectors * (this.shape.redundantDirectorySector === undefined ? 1 : 2);
  }

  /**
   * Adds a table that the file did not have, at `sector`, for the grains around `grain`: written complete
   * and empty now, its copy behind it; the directory entries wait for the flush, like entries do.
   */
  addTable(grain: number, sector: number): void {
    const { directorySector, redundantDirectorySector } = this.shape;
    const directory = this.loadDirectory();
    const table = Math.floor(grain / this.shape.entriesPerTable);
    assert(directory.tables.at(table) === 0, 'a table is added once');
    this.file.write(sector * SECTOR_BYTES, [new Uint8Array(this.sectorsPerTable * SECTOR_BYTES)]);
    this.directory = { ...directory, isOneRow: false };
    this.setDirectoryEntry(directory.tables, directorySector, table, sector);
    if (this.redundant !== undefined && redundantDirectorySector !== undefined)
      this.setDirectoryEntry(this.redundant, redundantDirectorySector, table, sector + this.tableSectors);
    this.isPrepared[table] = 1;
  }

  /**
   * Makes the host allot the blocks of a grain's table, by writing it back as it is. Must precede the first
   * allocation, so that the metadata of a write that was accepted always finds room.
   */
  prepare(grain: number): void {
    const table = Math.floor(grain / this.shape.entriesPerTable);
    if (this.isPrepared[table] === 1) return;
    for (const sector of [this.tableSector(table), this.redundant?.at(table) ?? 0]) {
      if (sector === 0) continue;
      const bytes = new Uint8Array(this.tableSectors * SECTOR_BYTES);
      this.file.read(sector * SECTOR_BYTES, bytes);
      this.file.write(sector * SECTOR_BYTES, [bytes]);
    }
    this.isPrepared[table] = 1;
  }

  /** Enters `count` grains that lie one behind the other from `sector` on. In memory only. */
  enter(firstGrain: number, count: number, sector: number): void {
    this.set(firstGrain, count, sector, this.shape.grainSectors);
  }

  /** Makes `count` grains unallocated. In memory only. */
  clear(firstGrain: number, count: number): void {
    this.set(firstGrain, count, 0, 0);
  }

  /** Sets entries to `value`, `value` + `step`, … Where there is no table nothing is set. */
  private set(firstGrain: number, count: number, value: number, step: number): void {
    const { entriesPerTable } = this.shape;
    for (let done = 0; done < count;) {
      const grain = firstGrain + done;
      const index = grain % entriesPerTable;
      const within = index % ENTRIES_PER_SECTOR;
      const here = Math.min(count - done, ENTRIES_PER_SECTOR - within, entriesPerTable - index);
      const table = Math.floor(grain / entriesPerTable);
      for (const tableSector of [this.tableSector(table), this.redundant?.at(table) ?? 0]) {
        if (tableSector === 0) continue;
        const entries = this.liveSector(tableSector + Math.floor(index / ENTRIES_PER_SECTOR));
        for (let i = 0; i < here; i++) entries[within + i] = value + (done + i) * step;
      }
      done += here;
    }
  }

  /** Sectors that wait for a flush. */
  get pendingSectors(): number {
    return this.live.size + this.frozen.size;
  }

  /** Sets the live sectors aside for `writeFrozen`; later changes go to new copies. */
  freeze(): void {
    assert(this.frozen.size === 0, 'one flush at a time');
    this.frozen = this.live;
    this.live = new Map();
  }

  /** Writes what `freeze` set aside, neighbours joined. If that fails they are live again. */
  writeFrozen(): void {
    const sectors = [...this.frozen.keys()].sort((a, b) => a - b);
    try {
      for (let from = 0; from < sectors.length;) {
        const first = sectors[from] as number;
        const run: Uint8Array[] = [];
        while (sectors[from] === first + run.length) {
          const entries = this.frozen.get(first + run.length) as Uint32Array;
          run.push(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength));
          from++;
        }
        this.file.write(first * SECTOR_BYTES, run);
      }
      this.frozen = new Map();
    } catch (error) {
      this.thaw();
      throw error;
    }
  }

  /** Takes a freeze back. */
  thaw(): void {
    for (const [sector, entries] of this.frozen) if (!this.live.has(sector)) this.live.set(sector, entries);
    this.frozen = new Map();
  }

  /** Where data can begin at the earliest: behind the directory, and behind all tables where they lie in one row. */
  firstDataSector(): number {
    return this.loadDirectory().lowestGrainSector;
  }

  /**
   * Throws disk.corrupt for the first entry that leads past the file's end, where a grain was that is lost. Reads
   * every table; one that the host can't read is left out: none of its grains is read as long as that is so.
   */
  refuseLost(endSectors: number): void {
    const { spanSectors, grainSectors, entriesPerTable } = this.shape;
    const grains = countOf(spanSectors, grainSectors);
    const highest = endSectors - grainSectors;
    const entries = new Uint32Array(entriesPerTable);
    for (let first = 0, table = 0; first < grains; first += entriesPerTable, table++) {
      const tableSector = this.tableSector(table);
      if (tableSector === 0) continue;
      const here = Math.min(entriesPerTable, grains - first);
      try {
        this.readSlice(tableSector, tableSector, 0, here === entriesPerTable ? entries : entries.subarray(0, here));
      } catch (error) {
        if (error instanceof RedoubtError && error.is('disk.io')) continue;
        throw error;
      }
      for (let index = 0; index < here; index++) {
        const sector = entries[index] as number;
        if (sector <= highest || sector === NOWHERE || sector === ZEROS) continue;
        const grain = first + index;
        // The last grain may stick out past the disk.
        const used = Math.min(grainSectors, spanSectors - grain * grainSectors);
        if (sector + used <= endSectors) continue;
        const reason = 'past the end of the file, which was cut off; check and repair it before it is written';
        throw this.corrupt(`grain ${String(grain)}`, sector, reason);
      }
    }
  }

  /** Whether there is a table for every grain, and each lies right behind the one before. */
  hasTablesSideBySide(): boolean {
    const { spanSectors, grainSectors, entriesPerTable } = this.shape;
    return this.loadDirectory().tables.areSideBySide(countOf(spanSectors, grainSectors * entriesPerTable));
  }

  /** Whether all metadata lies before `firstDataSector`, so that everything behind it is grains or unused. */
  isMetadataInOneRow(): boolean {
    return this.loadDirectory().isOneRow;
  }

  /** Directories and tables that lie behind `firstDataSector`, or reach into what does. */
  metadataRows(): { sector: number; sectors: number }[] {
    const { lowestGrainSector, tables: own } = this.loadDirectory();
    const { directorySector, redundantDirectorySector, directoryEntries } = this.shape;
    const directorySectors = countOf(directoryEntries * ENTRY_BYTES, SECTOR_BYTES);
    const rows: { sector: number; sectors: number }[] = [];
    const add = (sector: number, sectors: number) => {
      if (sector + sectors > lowestGrainSector) rows.push({ sector, sectors });
    };
    for (const [first, tables] of [
      [directorySector, own],
      [redundantDirectorySector, this.redundant],
    ] as const) {
      if (first !== undefined) add(first, directorySectors);
      for (let table = 0; table < (tables?.count ?? 0); table++) {
        const sector = tables?.at(table) ?? 0;
        if (sector !== 0) add(sector, this.tableSectors);
      }
    }
    return rows;
  }

  private tableSector(table: number): number {
    return this.loadDirectory().tables.at(table);
  }

  /** Reads entries of the table at `tableSector`, and what waits for a flush of the table that it is or copies. */
  private readSlice(tableSector: number, firstSector: number, index: number, target: Uint32Array): void {
    const bytes = bytesOf(target);
    const got = this.file.read(tableSector * SECTOR_BYTES + index * ENTRY_BYTES, bytes);
    if (got < bytes.length) throw this.corrupt('grain table', tableSector, 'past the end of the file');
    if (this.pendingSectors === 0) return;
    for (let at = index - (index % ENTRIES_PER_SECTOR); at < index + target.length; at += ENTRIES_PER_SECTOR) {
      const sector = firstSector + at / ENTRIES_PER_SECTOR;
      const pending = this.live.get(sector) ?? this.frozen.get(sector);
      if (pending === undefined) continue;
      const from = Math.max(at, index);
      const to = Math.min(at + ENTRIES_PER_SECTOR, index + target.length);
      target.set(pending.subarray(from - at, to - at), from - index);
    }
  }

  /** Judges the entries [from, to) of `entries` and adds those that are set to the positions; returns their number by then. */
  private check(
    entries: Uint32Array,
    from: number,
    to: number,
    firstGrain: number,
    endSectors: number,
    positions: Uint16Array | undefined,
    allocatedBefore: number,
  ): number {
    const lowest = this.loadDirectory().lowestGrainSector;
    const highest = endSectors - this.shape.grainSectors;
    let allocated = allocatedBefore;
    for (let i = from; i < to; i++) {
      const sector = entries[i] as number;
      if (sector === 0) continue;
      if (sector < lowest || sector > highest) this.checkLast(firstGrain + i, sector, endSectors);
      if (positions !== undefined) positions[allocated] = i;
      allocated++;
    }
    return allocated;
  }

  /**
   * Judges an entry out of the usual range: it may mean zeros; and the last grain may stick out past the
   * disk, and a foreign writer need not have written that part.
   */
  private checkLast(grain: number, sector: number, endSectors: number): void {
    const { grainSectors, spanSectors, hasZeroedGrains } = this.shape;
    if (sector === ZEROS && hasZeroedGrains === true) return;
    if (sector < this.loadDirectory().lowestGrainSector)
      throw this.corrupt(`grain ${String(grain)}`, sector, 'inside the metadata');
    const used = Math.min(grainSectors, spanSectors - grain * grainSectors);
    if (sector + used > endSectors) throw this.corrupt(`grain ${String(grain)}`, sector, 'past the end of the file');
  }

  private liveSector(sector: number): Uint32Array {
    const existing = this.live.get(sector);
    if (existing !== undefined) return existing;
    const entries = new Uint32Array(ENTRIES_PER_SECTOR);
    const frozen = this.frozen.get(sector);
    if (frozen !== undefined) entries.set(frozen);
    else this.file.read(sector * SECTOR_BYTES, new Uint8Array(entries.buffer));
    this.live.set(sector, entries);
    return entries;
  }

  private setDirectoryEntry(tables: TablePlaces, directorySector: number, table: number, sector: number): void {
    tables.set(table, sector);
    const first = table - (table % ENTRIES_PER_SECTOR);
    const copy = new Uint32Array(ENTRIES_PER_SECTOR);
    copy.set(tables.slice(first, Math.min(first + ENTRIES_PER_SECTOR, tables.count)));
    this.live.set(directorySector + first / ENTRIES_PER_SECTOR, copy);
  }

  private loadDirectory(): GrainDirectory {
    if (this.directory !== undefined) return this.directory;
    const { file, shape } = this;
    const { redundantDirectorySector } = shape;
    if (redundantDirectorySector === undefined) {
      this.directory = readDirectory(file, shape, shape.directorySector);
      return this.directory;
    }
    try {
      this.directory = readDirectory(file, shape, shape.directorySector);
    } catch (error) {
      if (file.isWritable || !(error instanceof RedoubtError) || !error.is('disk.corrupt')) throw error;
      this.directory = readDirectory(file, shape, redundantDirectorySector);
      return this.directory;
    }
    try {
      const second = readDirectory(file, shape, redundantDirectorySector);
      this.redundant = second.tables;
      this.directory = { ...this.directory, isOneRow: this.directory.isOneRow && second.isOneRow };
    } catch (error) {
      if (file.isWritable) throw error;
    }
    return this.directory;
  }

  /** The copy of a table, for a reader who found the first damaged; 0 if there is none. */
  private secondTable(table: number): number {
    return this.file.isWritable ? 0 : (this.redundant?.at(table) ?? 0);
  }

  private corrupt(field: string, value: number, reason: string): RedoubtError {
    return corruptTable(this.file.path, field, value, reason);
  }
}

const last: { entries: Uint32Array; bytes: Uint8Array } = { entries: new Uint32Array(0), bytes: new Uint8Array(0) };

/** The bytes of entries. Tables of all links are read to the same place one after the other, so the last are kept. */
function bytesOf(entries: Uint32Array): Uint8Array {
  if (last.entries !== entries) {
    last.entries = entries;
    last.bytes = new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength);
  }
  return last.bytes;
}

import { assert } from '../../../base/assert.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import type { Extent, ExtentCompaction, FreeRow } from '../extent.ts';
import { SparseCompaction } from './compaction.ts';
import { findUnusedRows, type GrainRow } from './find-unused-rows.ts';
import { GrainAllocator } from './grain-allocator.ts';
import { GrainTables, type TableShape } from './grain-tables.ts';
import { PlacesProof } from './places-proof.ts';

/** How far a file may grow. */
export interface SparseLimits {
  /** Where new space begins. */
  readonly usedSectors: number;
  readonly limitSectors: number;
}

/** Entries that one flush looks at: a few milliseconds, and all of a file of 2 GiB. */
const PROVED_AT_ONCE = 2 ** 20;
/** Rows that may wait; what is freed beyond them is found again by shrinking. */
const MOST_WAITING_ROWS = 65_536;

/**
 * One open file with grain tables, whatever the header before them: where its grains lie, and where new ones
 * go. Its places are sectors of the file, and entries are places as they are.
 *
 * Allocation uses what was freed, or grows the file at its end. A crash leaves space that no entry names, and
 * the next open takes the file's length for the end of what is used: nothing is scanned, some space may be lost.
 *
 * | a row that was freed | is |
 * | --- | --- |
 * | freed | not in the tables in memory; the device still names it |
 * | cleared | in tables that are being flushed |
 * | waiting | not named on the device by the entry that was cleared; whether by another, is not known yet |
 * | free | not named on the device either: the allocator has it |
 */
export class SparseExtent implements Extent {
  readonly path: string;
  readonly file: DiskFile;
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly grainBytes: number;
  readonly originBytes = 0;
  readonly grainsPerTable: number;
  hasUnsynced = false;
  isBegun = false;
  protected readonly tables: GrainTables;
  protected readonly allocator: GrainAllocator;
  private readonly grainSectors: number;
  private lengthSectors: number;
  private hasSearchedUnused = false;
  private freed: GrainRow[] = [];
  private cleared: GrainRow[] = [];
  private waiting: GrainRow[] = [];
  /** Since the first that was freed. */
  private proof: PlacesProof | undefined;
  private reservedRows = 0;

  /** `startBytes`: of the disk. */
  constructor(file: DiskFile, startBytes: number, shape: TableShape, limits: SparseLimits) {
    this.path = file.path;
    this.file = file;
    this.startBytes = startBytes;
    this.spanBytes = shape.spanSectors * SECTOR_BYTES;
    this.grainSectors = shape.grainSectors;
    this.grainBytes = shape.grainSectors * SECTOR_BYTES;
    this.grainsPerTable = shape.entriesPerTable;
    this.tables = new GrainTables(file, shape);
    this.lengthSectors = countOf(file.lengthBytes(), SECTOR_BYTES);
    const { usedSectors: lengthSectors, limitSectors } = limits;
    this.allocator = new GrainAllocator({
      path: this.path,
      grainSectors: shape.grainSectors,
      lengthSectors,
      limitSectors,
    });
  }

  get grainCount(): number {
    return countOf(this.spanBytes, this.grainBytes);
  }

  get tableBytes(): number {
    return this.tables.sectorsPerTable * SECTOR_BYTES;
  }

  readPlaces(firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number {
    return this.tables.read(firstGrain, count, target, this.lengthSectors, positions);
  }

  readAt(addressBytes: number, target: Uint8Array): number {
    return this.file.read(addressBytes, target);
  }

  readAtLater(addressBytes: number, target: Uint8Array): Promise<number> {
    return this.file.readLater(addressBytes, target);
  }

  findRow(grain: number, wanted: number): FreeRow {
    assert(this.isBegun, 'the books are begun before the first write');
    // Entries of one table at a time, so that there is one table to prepare.
    const inTable = this.grainsPerTable - (grain % this.grainsPerTable);
    if (!this.tables.hasTable(grain)) {
      const { sectorsPerTable } = this.tables;
      const sector = this.allocator.findSectors(sectorsPerTable);
      this.hasUnsynced = true;
      this.tables.addTable(grain, sector);
      this.allocator.takeSectors(sector, sectorsPerTable);
      this.lengthSectors = Math.max(this.lengthSectors, this.allocator.endSector);
    } else {
      this.tables.prepare(grain);
    }
    // No entry names a row that is reserved, so the search would take it for unused.
    if (!this.allocator.hasRoomAtEnd && !this.hasSearchedUnused && this.reservedRows === 0) {
      this.hasSearchedUnused = true;
      this.proof?.advance(this.grainCount);
      const { tables, allocator } = this;
      if (tables.isMetadataInOneRow()) {
        allocator.setFree(findUnusedRows(this, tables.firstDataSector(), allocator.endSector, this.namedRows()));
        // What waited is among what was found.
        this.waiting = [];
      }
    }
    return this.allocator.find(Math.min(wanted, inTable));
  }

  reserve(row: FreeRow): FreeRow {
    this.allocator.take(row);
    this.reservedRows++;
    return { ...row, isReserved: true };
  }

  giveBack(row: FreeRow): void {
    this.reservedRows--;
    this.allocator.giveBack(row);
  }

  writeRow(row: FreeRow, chunks: readonly Uint8Array[]): void {
    this.allocator.touch(row);
    this.hasUnsynced = true;
    this.file.write(row.place * SECTOR_BYTES, chunks);
  }

  extendOver(row: FreeRow): void {
    assert(row.isFresh, 'only space that was never written reads as zeros');
    this.hasUnsynced = true;
    this.file.setLength((row.place + row.grains * this.grainSectors) * SECTOR_BYTES);
    this.allocator.touch(row);
  }

  enter(firstGrain: number, row: FreeRow): void {
    if (row.isReserved === true) this.reservedRows--;
    else this.allocator.take(row);
    this.tables.enter(firstGrain, row.grains, row.place);
    this.lengthSectors = Math.max(this.lengthSectors, row.place + row.grains * this.grainSectors);
  }

  writeInPlace(addressBytes: number, chunks: readonly Uint8Array[]): void {
    assert(this.isBegun, 'the books are begun before the first write');
    this.hasUnsynced = true;
    this.file.write(addressBytes, chunks);
  }

  free(firstGrain: number, count: number): void {
    assert(this.isBegun, 'the books are begun before the first write');
    const places = new Uint32Array(count);
    this.readPlaces(firstGrain, count, places);
    this.hasUnsynced = true;
    this.tables.clear(firstGrain, count);
    this.proof ??= new PlacesProof(this, this.allocator.endSector);
    for (const [index, place] of places.entries()) {
      if (place < 2) continue;
      this.proof.noteFreed(firstGrain + index, place);
      const last = this.freed.at(-1);
      if (last !== undefined && last.sector + last.grains * this.grainSectors === place)
        this.freed[this.freed.length - 1] = { sector: last.sector, grains: last.grains + 1 };
      else this.freed.push({ sector: place, grains: 1 });
    }
  }

  reuseCleared(): void {
    const { proof } = this;
    if (proof === undefined) return;
    this.waiting = [...this.waiting, ...this.cleared].slice(0, MOST_WAITING_ROWS);
    this.cleared = [];
    proof.advance(PROVED_AT_ONCE);
    if (proof.result === 'unknown') return;
    if (proof.result === 'disjoint')
      for (const { sector, grains } of this.waiting) this.allocator.addFree(sector, grains);
    this.waiting = [];
  }

  compaction(): ExtentCompaction {
    assert(this.namedRows().length === 0, 'what was freed has been flushed');
    // It finds all free space by itself, and fills it.
    this.waiting = [];
    const { file, tables, allocator, grainSectors, grainCount } = this;
    const writing = new SparseCompaction({
      file,
      tables,
      allocator,
      grainSectors,
      grainCount,
      readPlaces: (firstGrain, count, target) => this.readPlaces(firstGrain, count, target),
    });
    return {
      totalBytes: writing.totalBytes,
      step: () => {
        assert(this.isBegun, 'the books are begun before the first write');
        this.hasUnsynced = true;
        return writing.step();
      },
      finish: () => writing.finish(),
    };
  }

  get hasPending(): boolean {
    return this.tables.pendingSectors > 0 || this.freed.length > 0;
  }

  freezeTables(): void {
    this.tables.freeze();
    this.cleared = this.freed;
    this.freed = [];
  }

  thawTables(): void {
    this.tables.thaw();
    this.freed = this.namedRows();
    this.cleared = [];
  }

  writeFrozenTables(): void {
    this.tables.writeFrozen();
  }

  /** What lies behind the metadata and is not known to be free. */
  dataBytes(): number {
    const firstGrain = countOf(this.tables.firstDataSector(), this.grainSectors) * this.grainSectors;
    const freed = [...this.namedRows(), ...this.waiting];
    const freedGrains = freed.reduce((sum, { grains }) => sum + grains, this.allocator.freeGrains);
    return Math.max(0, this.allocator.endSector - firstGrain - freedGrains * this.grainSectors) * SECTOR_BYTES;
  }

  /** Where the file ends once all that was taken is written; the length at a clean close. Nothing may be pending. */
  protected trimToEnd(): number {
    assert(this.tables.pendingSectors === 0, 'nothing waits at a clean close');
    this.allocator.cutTail();
    const { endSector } = this.allocator;
    if (this.file.lengthBytes() !== endSector * SECTOR_BYTES) this.file.setLength(endSector * SECTOR_BYTES);
    return endSector;
  }

  /** By all entries: a format that can tell by its header need not ask. */
  refuseCutOff(): void {
    this.tables.refuseLost(this.lengthSectors);
  }

  /** Rows that tables on the device may still name. */
  private namedRows(): GrainRow[] {
    return [...this.cleared, ...this.freed];
  }
}

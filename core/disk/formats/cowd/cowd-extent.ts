import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile, FileLayer } from '../../disk-file.ts';
import { FORMAT_LIMIT_SECTORS, layOutExtent, SPLIT_FILE_LIMIT_SECTORS } from './dialect.ts';
import type { Extent, FreeRow } from '../extent.ts';
import { findUnusedRows } from './find-unused-rows.ts';
import { GrainAllocator } from './grain-allocator.ts';
import { GrainTables } from './grain-tables.ts';
import type { CowdHeader } from './header.ts';
import { patchHeader, readHeader } from './read-header.ts';

/** Where an extent lies in its disk, as its link has worked out. */
export interface ExtentPlace {
  /** Of the disk, in bytes. */
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly entriesPerTable: number;
}

/**
 * One open file of a COWD link. Its places are sectors of the file, and 0 in a table is NOWHERE, so entries
 * are places as they are. The format has no mark for zeros.
 *
 * A writable extent goes through `begin` (CLEAN off, synced) before anything else in it is written, and
 * through `finishClean` at the end. In between a crash leaves it unclean, and the next open takes the
 * file's length for the end of what is used: nothing is scanned, some space may be lost.
 */
export class CowdExtent implements Extent {
  readonly path: string;
  readonly file: DiskFile;
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly grainBytes: number;
  readonly originBytes = 0;
  readonly grainsPerTable: number;
  header: CowdHeader;
  hasUnsynced = false;
  isBegun = false;
  private readonly tables: GrainTables;
  private readonly allocator: GrainAllocator;
  private lengthSectors: number;
  private hasSearchedUnused = false;

  constructor(file: DiskFile, header: CowdHeader, place: ExtentPlace) {
    this.path = file.path;
    this.file = file;
    this.header = header;
    this.startBytes = place.startBytes;
    this.spanBytes = place.spanBytes;
    this.grainBytes = header.grainSectors * SECTOR_BYTES;
    this.grainsPerTable = place.entriesPerTable;
    const spanSectors = place.spanBytes / SECTOR_BYTES;
    this.tables = new GrainTables(file, { ...header, spanSectors, entriesPerTable: place.entriesPerTable });
    this.lengthSectors = countOf(file.lengthBytes(), SECTOR_BYTES);
    // A clean file ends at its free sector; an unclean one is taken to be used up to its end. Both are its length.
    const { grainSectors, capacitySectors: statedSectors } = header;
    const { fullSectors } = layOutExtent({
      spanSectors,
      statedSectors,
      grainSectors,
      entriesPerTable: place.entriesPerTable,
    });
    const formatLimit = fullSectors <= SPLIT_FILE_LIMIT_SECTORS ? SPLIT_FILE_LIMIT_SECTORS : FORMAT_LIMIT_SECTORS;
    // Half a sector at the very end of a full file holds nothing and must not be made whole.
    const usedSectors = this.lengthSectors - 1 === formatLimit ? formatLimit : this.lengthSectors;
    // A foreign file may be longer than ours would be; it does not grow further.
    const limitSectors = Math.max(formatLimit, usedSectors);
    this.allocator = new GrainAllocator({ path: this.path, grainSectors, lengthSectors: usedSectors, limitSectors });
  }

  get grainCount(): number {
    return countOf(this.spanBytes, this.grainBytes);
  }

  get tableBytes(): number {
    return this.tables.sectorsPerTable * SECTOR_BYTES;
  }

  /** Opens a file and reads its header; the extent is made when its place is known. */
  static openFile(layer: FileLayer, path: string, isWritable: boolean): { file: DiskFile; header: CowdHeader } {
    const file = layer.open(path, isWritable);
    try {
      const header = readHeader(file);
      if (isWritable && header.isInconsistent) {
        throw new RedoubtError('disk.unsupported', `${path} is marked inconsistent.`, {
          file: path,
          feature: 'writing to a file marked inconsistent',
        });
      }
      return { file, header };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  readPlaces(firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number {
    return this.tables.read(firstGrain, count, target, this.lengthSectors, positions);
  }

  readAt(addressBytes: number, target: Uint8Array): number {
    return this.file.read(addressBytes, target);
  }

  async readAtLater(addressBytes: number, target: Uint8Array): Promise<number> {
    return Promise.resolve(this.readAt(addressBytes, target));
  }

  findRow(grain: number, wanted: number): FreeRow {
    assert(this.isBegun, 'CLEAN is off before the first write');
    // Entries of one table at a time, so that there is one table to prepare.
    const inTable = this.grainsPerTable - (grain % this.grainsPerTable);
    if (!this.tables.hasTable(grain)) {
      const sector = this.allocator.takeSectors(this.tables.sectorsPerTable);
      this.hasUnsynced = true;
      this.tables.addTable(grain, sector);
      this.lengthSectors = Math.max(this.lengthSectors, this.allocator.endSector);
    } else {
      this.tables.prepare(grain);
    }
    if (!this.allocator.hasRoomAtEnd && !this.hasSearchedUnused) {
      this.hasSearchedUnused = true;
      const { tables, allocator } = this;
      if (tables.isMetadataInOneRow())
        allocator.addUnused(findUnusedRows(this, tables.firstDataSector(), allocator.endSector));
    }
    return this.allocator.find(Math.min(wanted, inTable));
  }

  writeRow(row: FreeRow, chunks: readonly Uint8Array[]): void {
    this.allocator.touch(row);
    this.hasUnsynced = true;
    this.file.write(row.place * SECTOR_BYTES, chunks);
  }

  extendOver(row: FreeRow): void {
    assert(row.isFresh, 'only space that was never written reads as zeros');
    this.hasUnsynced = true;
    this.file.setLength((row.place + row.grains * this.header.grainSectors) * SECTOR_BYTES);
    this.allocator.touch(row);
  }

  enter(firstGrain: number, row: FreeRow): void {
    this.allocator.take(row);
    this.tables.enter(firstGrain, row.grains, row.place);
    this.lengthSectors = Math.max(this.lengthSectors, row.place + row.grains * this.header.grainSectors);
  }

  writeInPlace(addressBytes: number, chunks: readonly Uint8Array[]): void {
    assert(this.isBegun, 'CLEAN is off before the first write');
    this.hasUnsynced = true;
    this.file.write(addressBytes, chunks);
  }

  get pendingMetadataBytes(): number {
    return this.tables.pendingSectors * SECTOR_BYTES;
  }

  freezeTables(): void {
    this.tables.freeze();
  }

  thawTables(): void {
    this.tables.thaw();
  }

  writeFrozenTables(): void {
    this.tables.writeFrozen();
  }

  /** Turns CLEAN off, then makes a change that must precede the first write; each synced unless told otherwise. */
  begin(isSynced: boolean, change?: (header: CowdHeader) => CowdHeader): void {
    if (this.isBegun) return;
    this.header = patchHeader(this.file, (header) => ({ ...header, isClean: false }), { isSynced });
    if (change !== undefined) this.patchHeader(change, isSynced);
    this.isBegun = true;
  }

  /**
   * Closes the books of an extent whose flush has ended: free sector and saved generation first, CLEAN
   * last, each synced. The file then ends where its last grain ends.
   */
  finishClean(isSynced: boolean): void {
    if (!this.isBegun) return;
    assert(this.tables.pendingSectors === 0, 'nothing waits at a clean close');
    const freeSector = this.allocator.endSector;
    if (this.file.lengthBytes() !== freeSector * SECTOR_BYTES) this.file.setLength(freeSector * SECTOR_BYTES);
    patchHeader(this.file, (header) => ({ ...header, freeSector, savedGeneration: header.generation }), { isSynced });
    this.header = patchHeader(this.file, (header) => ({ ...header, isClean: true }), { isSynced });
    this.isBegun = false;
  }

  /** Changes the header, synced. */
  patchHeader(change: (header: CowdHeader) => CowdHeader, isSynced = true): void {
    this.header = patchHeader(this.file, change, { isSynced });
  }

  /** What lies behind the metadata. */
  dataBytes(): number {
    const firstGrain = countOf(this.tables.firstDataSector(), this.header.grainSectors) * this.header.grainSectors;
    return Math.max(0, this.allocator.endSector - firstGrain) * SECTOR_BYTES;
  }
}

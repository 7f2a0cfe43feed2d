import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile, FileLayer } from '../../files/disk-file.ts';
import { SparseExtent, type SparseLimits } from '../sparse/sparse-extent.ts';
import { FORMAT_LIMIT_SECTORS, HEADER_SECTORS, layOutExtent, SPLIT_FILE_LIMIT_SECTORS } from './dialect.ts';
import type { CowdHeader } from './header.ts';
import { patchHeader, readHeader } from './read-header.ts';

/** Of the tables of ESX, which most readers take for those of all COWD files. */
const LARGE_TABLE_ENTRIES = 4096;

/** Where an extent lies in its disk, as its link has worked out. */
export interface ExtentPlace {
  /** Of the disk, in bytes. */
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly entriesPerTable: number;
}

/**
 * One open file of a COWD link. The format has no mark for zeros.
 *
 * A writable extent goes through `begin` (CLEAN off, synced) before anything else in it is written, and
 * through `finishClean` at the end. In between a crash leaves it unclean.
 */
export class CowdExtent extends SparseExtent {
  header: CowdHeader;

  constructor(file: DiskFile, header: CowdHeader, place: ExtentPlace) {
    const shape = {
      ...header,
      spanSectors: place.spanBytes / SECTOR_BYTES,
      entriesPerTable: place.entriesPerTable,
      headerSectors: HEADER_SECTORS,
    };
    super(file, place.startBytes, shape, limitsOf(file, header, place));
    this.header = header;
    file.onReopen?.((again) => {
      proveSame(again, header);
    });
  }

  /** Opens a file and reads its header; the extent is made when its place is known. */
  static openFile(layer: FileLayer, path: string, isWritable: boolean): { file: DiskFile; header: CowdHeader } {
    const file = layer.open(path, isWritable);
    try {
      const header = readHeader(file);
      if (isWritable && header.isInconsistent) throw inconsistentError(path);
      if (isWritable) refuseCutShort(file, header);
      return { file, header };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Whether readers that know tables of 4096 entries alone find every grain: then eight tables of 512 that lie
   * side by side are one to them, but they take every directory entry for the beginning of such a row.
   */
  isReadWithLargeTables(): boolean {
    if (this.grainsPerTable === LARGE_TABLE_ENTRIES) return true;
    return this.grainCount <= LARGE_TABLE_ENTRIES && this.tables.hasTablesSideBySide();
  }

  /** Turns CLEAN off, then makes a change that must precede the first write; each synced unless told otherwise. */
  begin(isSynced: boolean, change?: (header: CowdHeader) => CowdHeader): void {
    if (this.isBegun) return;
    // What is unused by its entries may still be named on the device, if whoever wrote them was killed before a sync.
    if (isSynced && !this.header.isClean) this.file.syncNow();
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
    const freeSector = this.trimToEnd();
    patchHeader(this.file, (header) => ({ ...header, freeSector, savedGeneration: header.generation }), { isSynced });
    this.header = patchHeader(this.file, (header) => ({ ...header, isClean: true }), { isSynced });
    this.isBegun = false;
  }

  override refuseCutOff(): void {
    // One of ours was compared with its free sector when it was opened, if it was closed; if not, a user who waits for
    // his machine after a crash does not wait for all its tables as well.
    if (this.header.record === undefined) super.refuseCutOff();
  }

  /** Changes the header, synced. */
  patchHeader(change: (header: CowdHeader) => CowdHeader, isSynced = true): void {
    this.header = patchHeader(this.file, change, { isSynced });
  }
}

export function inconsistentError(file: string): RedoubtError {
  const feature = 'writing to a file marked inconsistent';
  return new RedoubtError('disk.unsupported', `${file} is marked inconsistent.`, { file, feature });
}

/**
 * Throws disk.corrupt for a file of ours that is shorter than it was when it was closed, as a copy is that was cut
 * off. Entries lead past its end; what it grew by would lie there, and be read in the place of what is lost.
 */
function refuseCutShort(file: DiskFile, { isClean, record, freeSector }: CowdHeader): void {
  const lengthSectors = countOf(file.lengthBytes(), SECTOR_BYTES);
  if (!isClean || record === undefined || freeSector <= lengthSectors) return;
  const { path } = file;
  const value = String(freeSector);
  const reason = `but the file has ${String(lengthSectors)} sectors: it was cut off; check and repair it before it is written`;
  throw new RedoubtError('disk.corrupt', `${path} is damaged: freeSector is ${value}, ${reason}.`, {
    file: path,
    field: 'freeSector',
    value,
    reason,
  });
}

/** Throws disk.io for a file that has become another link's, or another part of it. */
function proveSame(again: DiskFile, { record, ordinal }: CowdHeader): void {
  const now = readHeader(again);
  if (now.record?.linkId === record?.linkId && now.ordinal === ordinal) return;
  const { path: file } = again;
  throw new RedoubtError('disk.io', `${file} is another disk's now.`, { file, operation: 'open', errno: 'ESTALE' });
}

/** A clean file ends at its free sector; an unclean one is taken to be used up to its end. Both are its length. */
function limitsOf(file: DiskFile, header: CowdHeader, { spanBytes, entriesPerTable }: ExtentPlace): SparseLimits {
  const { grainSectors, capacitySectors: statedSectors } = header;
  const spanSectors = spanBytes / SECTOR_BYTES;
  const { fullSectors } = layOutExtent({ spanSectors, statedSectors, grainSectors, entriesPerTable });
  const formatLimit = fullSectors <= SPLIT_FILE_LIMIT_SECTORS ? SPLIT_FILE_LIMIT_SECTORS : FORMAT_LIMIT_SECTORS;
  const lengthSectors = countOf(file.lengthBytes(), SECTOR_BYTES);
  // Half a sector at the very end of a full file holds nothing and must not be made whole.
  const usedSectors = lengthSectors - 1 === formatLimit ? formatLimit : lengthSectors;
  // A foreign file may be longer than ours would be; it does not grow further.
  return { usedSectors, limitSectors: Math.max(formatLimit, usedSectors) };
}

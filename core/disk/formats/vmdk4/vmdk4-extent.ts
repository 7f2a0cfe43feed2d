import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { FORMAT_LIMIT_SECTORS, SPLIT_FILE_LIMIT_SECTORS } from '../sparse/file-limits.ts';
import type { MarkedExtent } from '../sidecar-books.ts';
import { SparseExtent } from '../sparse/sparse-extent.ts';
import type { Vmdk4Header } from './header.ts';
import { writeUncleanMark } from './read-vmdk4-header.ts';

/**
 * One open hosted sparse file (VMDK 4). While it is written its header says so (`uncleanShutdown`), from
 * before the first write until after the last flush.
 */
export class Vmdk4Extent extends SparseExtent implements MarkedExtent {
  private isMarkedClean: boolean;

  /** `header`: of a file that is not compressed. */
  constructor(
    file: DiskFile,
    header: Vmdk4Header & { readonly directorySector: number },
    place: { readonly startBytes: number; readonly spanBytes: number },
  ) {
    const { grainSectors, entriesPerTable, capacitySectors, overheadSectors } = header;
    const shape = {
      ...header,
      spanSectors: place.spanBytes / SECTOR_BYTES,
      directoryEntries: countOf(capacitySectors, grainSectors * entriesPerTable),
      headerSectors: 1,
    };
    const fullSectors = overheadSectors + countOf(capacitySectors, grainSectors) * grainSectors;
    const formatLimit = fullSectors <= SPLIT_FILE_LIMIT_SECTORS ? SPLIT_FILE_LIMIT_SECTORS : FORMAT_LIMIT_SECTORS;
    const usedSectors = countOf(file.lengthBytes(), SECTOR_BYTES);
    super(file, place.startBytes, shape, { usedSectors, limitSectors: Math.max(formatLimit, usedSectors) });
    this.isMarkedClean = header.isClean;
  }

  get isClean(): boolean {
    return this.isMarkedClean;
  }

  /** Marks the file as being written. */
  begin(isSynced: boolean): void {
    // What is unused by its entries may still be named on the device, if whoever wrote them was killed before a sync.
    if (isSynced && !this.isMarkedClean) this.file.syncNow();
    writeUncleanMark(this.file, true, isSynced);
    this.isMarkedClean = false;
  }

  /** After the last flush: the file ends where its last grain ends, and is marked as closed, each synced. */
  finishClean(isSynced: boolean): void {
    this.trimToEnd();
    if (isSynced) this.file.syncNow();
    writeUncleanMark(this.file, false, isSynced);
    this.isMarkedClean = true;
    this.isBegun = false;
  }
}

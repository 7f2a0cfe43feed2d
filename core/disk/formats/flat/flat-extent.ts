import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, KIB, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { FIRST_PLACE, ZEROS, type FreeRow } from '../extent.ts';
import type { MarkedExtent } from '../sidecar-books.ts';

/** What places count, less those two and one that nobody uses. */
export const FLAT_LIMIT_SECTORS = 0xffff_ffff - FIRST_PLACE;
/** Nothing is allocated here; only the map's cells follow from it. */
const GRAIN_BYTES = 64 * KIB;

/**
 * The disk's bytes as they are, in one file or a part of it: grain n lies n grains behind the extent's start.
 * All of it is allocated, so it is only ever written in place. Whether it is being written, the link's books say.
 */
export class FlatExtent implements MarkedExtent {
  readonly path: string;
  readonly file: DiskFile;
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly grainBytes = GRAIN_BYTES;
  readonly grainCount: number;
  readonly originBytes: number;
  readonly grainsPerTable: number;
  readonly tableBytes = 0;
  hasUnsynced = false;
  isBegun = false;
  readonly hasPending = false;
  readonly isClean = true;

  /**
   * `offsetBytes`: where in the file the extent begins.
   * Throws disk.unsupported for more sectors than places can count, disk.corrupt where the file is shorter.
   */
  constructor(file: DiskFile, place: { startBytes: number; spanBytes: number; offsetBytes: number }) {
    this.path = file.path;
    this.file = file;
    this.startBytes = place.startBytes;
    this.spanBytes = place.spanBytes;
    this.grainCount = countOf(place.spanBytes, GRAIN_BYTES);
    this.grainsPerTable = this.grainCount;
    this.originBytes = place.offsetBytes - FIRST_PLACE * SECTOR_BYTES;
    checkCountable(file.path, place.spanBytes);
  }

  readPlaces(firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number {
    const grainSectors = GRAIN_BYTES / SECTOR_BYTES;
    for (let index = 0; index < count; index++) {
      target[index] = FIRST_PLACE + (firstGrain + index) * grainSectors;
      if (positions !== undefined) positions[index] = index;
    }
    return count;
  }

  readAt(addressBytes: number, target: Uint8Array): number {
    return this.file.read(addressBytes, target);
  }

  async readAtLater(addressBytes: number, target: Uint8Array): Promise<number> {
    return await this.file.readLater(addressBytes, target);
  }

  dataBytes(): number {
    return this.spanBytes;
  }

  writeInPlace(addressBytes: number, chunks: readonly Uint8Array[]): void {
    assert(this.isBegun, 'the books are begun before the first write');
    this.hasUnsynced = true;
    this.file.write(addressBytes, chunks);
  }

  findRow(): FreeRow {
    throw new Error('a flat extent has all its grains');
  }

  reserve(): FreeRow {
    return this.findRow();
  }

  giveBack(): void {
    this.findRow();
  }

  writeRow(): void {
    this.findRow();
  }

  extendOver(): void {
    this.findRow();
  }

  enter(): void {
    this.findRow();
  }

  begin(): void {
    // It has no header that could say so.
  }

  finishClean(): void {
    this.isBegun = false;
  }

  freezeTables(): void {
    // There are none.
  }

  thawTables(): void {
    // There are none.
  }

  writeFrozenTables(): void {
    // There are none.
  }
}

/** Zeros without a file: a range of the disk that nobody may write. `file` is the descriptor that says so. */
export class ZeroExtent extends FlatExtent {
  override readPlaces(_firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number {
    target.fill(ZEROS, 0, count);
    if (positions !== undefined) for (let index = 0; index < count; index++) positions[index] = index;
    return count;
  }

  override dataBytes(): number {
    return 0;
  }
}

function checkCountable(file: string, spanBytes: number): void {
  if (spanBytes / SECTOR_BYTES <= FLAT_LIMIT_SECTORS) return;
  const feature = `${String(spanBytes)} bytes of disk in one flat file`;
  throw new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}

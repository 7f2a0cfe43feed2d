import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { roundUp, SECTOR_BYTES } from '../../../base/units.ts';
import type { FreeRow } from '../extent.ts';

/**
 * Hands out space in one extent file. It grows at the end, aligned to a grain, up to the file's limit; then
 * what was found unused (`addUnused`) is used again. Nothing is taken before `take` says that it was
 * written, so that a write which failed can be tried again in the same place.
 */
export class GrainAllocator {
  private readonly path: string;
  private readonly grainSectors: number;
  private readonly limitSectors: number;
  private freeSector: number;
  /** Everything below has been written or was there when the file was opened. */
  private touchedSector: number;
  private readonly unused: { sector: number; grains: number }[] = [];

  /** `lengthSectors`: where the file ends, which is where new space begins. */
  constructor(options: { path: string; grainSectors: number; lengthSectors: number; limitSectors: number }) {
    this.path = options.path;
    this.grainSectors = options.grainSectors;
    this.limitSectors = options.limitSectors;
    this.freeSector = options.lengthSectors;
    this.touchedSector = options.lengthSectors;
  }

  /** Where the file ends once all that was taken is written. */
  get endSector(): number {
    return this.freeSector;
  }

  /** Whether a grain can still be added at the end of the file. */
  get hasRoomAtEnd(): boolean {
    return roundUp(this.freeSector, this.grainSectors) + this.grainSectors <= this.limitSectors;
  }

  /**
   * Finds a row of up to `wanted` free grains, at least one. Throws disk.io with EFBIG when the file has
   * reached its limit and nothing in it is known to be unused.
   */
  find(wanted: number): FreeRow {
    assert(wanted > 0, 'something is wanted');
    const sector = roundUp(this.freeSector, this.grainSectors);
    const atEnd = Math.min(wanted, Math.floor((this.limitSectors - sector) / this.grainSectors));
    if (atEnd > 0) return { place: sector, grains: atEnd, isFresh: sector >= this.touchedSector };
    const row = this.unused.at(-1);
    if (row !== undefined) return { place: row.sector, grains: Math.min(wanted, row.grains), isFresh: false };
    throw new RedoubtError('disk.io', `${this.path} has reached its greatest length.`, {
      file: this.path,
      operation: 'allocate',
      errno: 'EFBIG',
    });
  }

  /** To be called before the first byte of a row is written. */
  touch(row: FreeRow): void {
    this.touchedSector = Math.max(this.touchedSector, row.place + row.grains * this.grainSectors);
  }

  /** The row, as `find` gave it, now holds data. */
  take(row: FreeRow): void {
    const end = row.place + row.grains * this.grainSectors;
    assert(end <= this.limitSectors, `no file passes ${String(this.limitSectors * SECTOR_BYTES)} bytes`);
    if (row.place >= this.freeSector) {
      this.freeSector = end;
      return;
    }
    const last = this.unused.at(-1);
    assert(last !== undefined && last.sector === row.place && last.grains >= row.grains, 'a row that was found');
    last.sector += row.grains * this.grainSectors;
    last.grains -= row.grains;
    if (last.grains === 0) this.unused.pop();
  }

  /** Takes whole sectors at the end for metadata; returns where. Throws as `find` does. */
  takeSectors(count: number): number {
    const sector = this.freeSector;
    if (sector + count > this.limitSectors) {
      throw new RedoubtError('disk.io', `${this.path} has reached its greatest length.`, {
        file: this.path,
        operation: 'allocate',
        errno: 'EFBIG',
      });
    }
    this.freeSector = sector + count;
    this.touchedSector = Math.max(this.touchedSector, this.freeSector);
    return sector;
  }

  /** Rows inside the file to which no entry points, neither on the disk nor in memory. */
  addUnused(rows: readonly { sector: number; grains: number }[]): void {
    this.unused.push(...rows.map((row) => ({ ...row })));
  }
}

import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { roundUp, SECTOR_BYTES } from '../../../base/units.ts';
import type { FreeRow } from '../extent.ts';
import { FreeRows } from './free-rows.ts';

/**
 * Hands out space in one extent file. A free row inside the file that is long enough for all that is wanted
 * comes first, so that a guest which deletes and writes does not make the file grow. Else the file grows at its
 * end, aligned to a grain, so that what is written together lies together; and where it has reached its limit,
 * shorter rows do. Nothing is taken before `take` says that it was written, so that a write which failed can be
 * tried again in the same place.
 *
 * Rows become free (`addFree`) only when no entry on the device names them any more.
 */
export class GrainAllocator {
  private readonly path: string;
  private readonly grainSectors: number;
  private readonly limitSectors: number;
  private freeSector: number;
  /** Everything below has been written or was there when the file was opened. */
  private touchedSector: number;
  private readonly rows: FreeRows;

  /** `lengthSectors`: where the file ends, which is where new space begins. */
  constructor(options: { path: string; grainSectors: number; lengthSectors: number; limitSectors: number }) {
    this.path = options.path;
    this.grainSectors = options.grainSectors;
    this.limitSectors = options.limitSectors;
    this.freeSector = options.lengthSectors;
    this.touchedSector = options.lengthSectors;
    this.rows = new FreeRows(options.grainSectors);
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
    const fitting = this.rows.find(wanted);
    if (fitting !== undefined) return { place: fitting, grains: wanted, isFresh: false };
    const sector = roundUp(this.freeSector, this.grainSectors);
    const atEnd = Math.min(wanted, Math.floor((this.limitSectors - sector) / this.grainSectors));
    if (atEnd > 0) return { place: sector, grains: atEnd, isFresh: sector >= this.touchedSector };
    const row = this.rows.longest();
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
    this.rows.take(row.place, row.grains);
  }

  /** Takes back a `take`: the row holds nothing after all. The last that was taken is given back first. */
  giveBack(row: FreeRow): void {
    if (row.place + row.grains * this.grainSectors === this.freeSector) this.freeSector = row.place;
    else this.rows.add(row.place, row.grains);
  }

  /** Where that many whole sectors can be added at the end for metadata. Throws as `find` does. */
  findSectors(count: number): number {
    const sector = this.freeSector;
    if (sector + count > this.limitSectors) {
      throw new RedoubtError('disk.io', `${this.path} has reached its greatest length.`, {
        file: this.path,
        operation: 'allocate',
        errno: 'EFBIG',
      });
    }
    this.touchedSector = Math.max(this.touchedSector, sector + count);
    return sector;
  }

  /** The sectors that `findSectors` gave now hold metadata. */
  takeSectors(sector: number, count: number): void {
    assert(sector === this.freeSector, 'found, and nothing taken since');
    this.freeSector = sector + count;
  }

  /** Grains inside the file that are known to be free. */
  get freeGrains(): number {
    return this.rows.grains;
  }

  /** A row inside the file to which no entry points, neither on the device nor in memory. */
  addFree(sector: number, grains: number): void {
    if (sector + grains * this.grainSectors <= this.freeSector) this.rows.add(sector, grains);
  }

  /** These are all free rows there are. */
  setFree(rows: readonly { sector: number; grains: number }[]): void {
    this.rows.clear();
    for (const { sector, grains } of rows) this.addFree(sector, grains);
  }

  /** Nothing behind `sector` is used any more, and nothing before it is free. */
  endAt(sector: number): void {
    this.rows.clear();
    this.freeSector = sector;
  }

  /** Lets the file end before the free rows at its end. */
  cutTail(): void {
    for (
      let start = this.rows.takeEndingAt(this.freeSector);
      start !== undefined;
      start = this.rows.takeEndingAt(this.freeSector)
    )
      this.freeSector = start;
  }
}

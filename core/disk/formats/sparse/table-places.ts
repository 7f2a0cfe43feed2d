import { assert } from '../../../base/assert.ts';

/**
 * Where the tables of a directory lie: for each its sector, or 0.
 *
 * Most files have theirs side by side, as they were made with, and then the first says where all are; a directory of
 * 130,000 entries in each of 32 links would else be the largest part of what a chain holds. All others are kept entry
 * by entry.
 */
export class TablePlaces {
  private entries: Uint32Array | undefined;

  private constructor(
    /** How many entries the directory has. */
    readonly count: number,
    private readonly tableSectors: number,
    /** So many tables from the first on lie side by side, and no others are there; 0 with `entries`. */
    private readonly tablesInRow: number,
    private readonly firstSector: number,
  ) {}

  /** Takes over what a directory says. `entries` is not kept. */
  static of(entries: Uint32Array, tableSectors: number): TablePlaces {
    const [firstSector = 0] = entries;
    let tables = 0;
    if (firstSector !== 0) {
      while (tables < entries.length && entries[tables] === firstSector + tables * tableSectors) tables++;
    }
    for (let table = tables; table < entries.length; table++) {
      if (entries[table] === 0) continue;
      const places = new TablePlaces(entries.length, tableSectors, 0, 0);
      places.entries = entries.slice();
      return places;
    }
    return new TablePlaces(entries.length, tableSectors, tables, firstSector);
  }

  /** The sector of a table, or 0. `table` is one of the directory. */
  at(table: number): number {
    assert(table >= 0 && table < this.count, 'a grain inside the directory');
    if (this.entries !== undefined) return this.entries[table] as number;
    return table < this.tablesInRow ? this.firstSector + table * this.tableSectors : 0;
  }

  /** Enters a table; from then on all are kept entry by entry. */
  set(table: number, sector: number): void {
    this.entries ??= this.slice(0, this.count);
    this.entries[table] = sector;
  }

  /** The entries [from, to) as the file has them. */
  slice(from: number, to: number): Uint32Array {
    const { entries } = this;
    if (entries !== undefined) return entries.slice(from, to);
    return Uint32Array.from({ length: Math.min(to, this.count) - from }, (_, index) => this.at(from + index));
  }

  /** Whether the first `count` tables are there and lie side by side, in this order. */
  areSideBySide(count: number): boolean {
    if (this.entries === undefined) return count > 0 && count <= this.tablesInRow;
    const first = this.at(0);
    if (first === 0) return false;
    for (let table = 1; table < count; table++) if (this.at(table) !== first + table * this.tableSectors) return false;
    return true;
  }
}

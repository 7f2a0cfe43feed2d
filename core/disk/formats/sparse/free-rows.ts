import { assert } from '../../../base/assert.ts';

/** Rows that are remembered; what is freed beyond them is found again by a search, or by shrinking. About 10 MiB of memory. */
const MAX_ROWS = 65_536;
/** Rows that are looked at for one that is just long enough. */
const TRIED_ROWS = 8;

/**
 * Free rows inside one file, in sectors, in bounded memory. Neighbours are joined. Rows are kept by size, so
 * that finding one that is long enough does not depend on how many there are.
 */
export class FreeRows {
  private readonly grainSectors: number;
  private readonly byStart = new Map<number, number>();
  private readonly byEnd = new Map<number, number>();
  /** By the power of two that is in their number of grains: the starts. */
  private readonly classes: Set<number>[] = [];
  private sum = 0;
  /** What was left of the row that was used last: what is written together lies together. */
  private rest: number | undefined;

  constructor(grainSectors: number) {
    this.grainSectors = grainSectors;
  }

  /** How many grains all rows have. */
  get grains(): number {
    return this.sum;
  }

  add(sector: number, grains: number): void {
    assert(grains > 0, 'a row has grains');
    let start = sector;
    let count = grains;
    const before = this.byEnd.get(sector);
    if (before !== undefined) {
      count += this.remove(before);
      start = before;
    }
    const behind = sector + grains * this.grainSectors;
    if (this.byStart.has(behind)) count += this.remove(behind);
    if (this.byStart.size < MAX_ROWS) this.insert(start, count);
  }

  /** The start of a row of at least `wanted` grains. */
  find(wanted: number): number | undefined {
    if (this.rest !== undefined && (this.byStart.get(this.rest) ?? 0) >= wanted) return this.rest;
    const lowest = classOf(wanted);
    let tried = 0;
    for (const start of this.classes[lowest] ?? []) {
      if ((this.byStart.get(start) as number) >= wanted) return start;
      if (++tried === TRIED_ROWS) break;
    }
    for (let index = lowest + 1; index < this.classes.length; index++) {
      for (const start of this.classes[index] ?? []) return start;
    }
    return undefined;
  }

  /** One of the longest rows: its start and its grains. */
  longest(): { sector: number; grains: number } | undefined {
    for (let index = this.classes.length - 1; index >= 0; index--) {
      for (const sector of this.classes[index] ?? []) return { sector, grains: this.byStart.get(sector) as number };
    }
    return undefined;
  }

  /** Takes the first grains of a row. */
  take(sector: number, grains: number): void {
    const count = this.remove(sector);
    assert(grains <= count, 'a row that was found');
    this.rest = sector + grains * this.grainSectors;
    if (grains < count) this.insert(this.rest, count - grains);
  }

  /** Takes the row that ends at a sector and returns where it begins; `undefined` if none does. */
  takeEndingAt(sector: number): number | undefined {
    const start = this.byEnd.get(sector);
    if (start !== undefined) this.remove(start);
    return start;
  }

  clear(): void {
    this.byStart.clear();
    this.byEnd.clear();
    this.classes.length = 0;
    this.sum = 0;
    this.rest = undefined;
  }

  private insert(start: number, grains: number): void {
    this.byStart.set(start, grains);
    this.byEnd.set(start + grains * this.grainSectors, start);
    const index = classOf(grains);
    while (this.classes.length <= index) this.classes.push(new Set());
    this.classes[index]?.add(start);
    this.sum += grains;
  }

  /** Returns the grains of the row that was taken out. */
  private remove(start: number): number {
    const grains = this.byStart.get(start);
    assert(grains !== undefined, 'a row that is there');
    this.byStart.delete(start);
    this.byEnd.delete(start + grains * this.grainSectors);
    this.classes[classOf(grains)]?.delete(start);
    this.sum -= grains;
    return grains;
  }
}

function classOf(grains: number): number {
  return 31 - Math.clz32(grains);
}

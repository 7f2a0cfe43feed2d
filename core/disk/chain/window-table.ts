import type { MergedWindow } from './merged-window.ts';

const WINDOWS_PER_ROW = 64;
/** A row with its places, and its own place. */
const ROW_BYTES = 8 * (WINDOWS_PER_ROW + 8);

interface Row {
  readonly places: (MergedWindow | undefined)[];
  used: number;
}

/**
 * Windows by their number. A hash map takes three words for each and twice as much while it grows; here it is one,
 * where neighbours are kept, and rows without any are let go.
 */
export class WindowTable {
  /** What rows take: with few windows far from each other, more than the windows. */
  memoryBytes = 0;
  size = 0;
  private readonly rows: (Row | undefined)[];

  constructor(windows: number) {
    this.rows = Array.from({ length: Math.ceil(windows / WINDOWS_PER_ROW) }, () => undefined);
  }

  get(number: number): MergedWindow | undefined {
    return this.rows[Math.floor(number / WINDOWS_PER_ROW)]?.places[number % WINDOWS_PER_ROW];
  }

  /** Adds a window under its number, where none is. */
  add(window: MergedWindow): void {
    const { number } = window;
    const at = Math.floor(number / WINDOWS_PER_ROW);
    let row = this.rows[at];
    if (row === undefined) {
      row = { places: Array.from({ length: WINDOWS_PER_ROW }, () => undefined), used: 0 };
      this.rows[at] = row;
      this.memoryBytes += ROW_BYTES;
    }
    row.places[number % WINDOWS_PER_ROW] = window;
    row.used++;
    this.size++;
  }

  /** Removes a window that is here. */
  remove({ number }: MergedWindow): void {
    const at = Math.floor(number / WINDOWS_PER_ROW);
    const row = this.rows[at] as Row;
    row.places[number % WINDOWS_PER_ROW] = undefined;
    this.size--;
    if (--row.used > 0) return;
    this.rows[at] = undefined;
    this.memoryBytes -= ROW_BYTES;
  }

  /** The first window from a number on, the disk taken as a ring. There must be one. */
  nextFrom(number: number): MergedWindow {
    let place = number % WINDOWS_PER_ROW;
    for (let at = Math.floor(number / WINDOWS_PER_ROW); ; at++, place = 0) {
      if (at >= this.rows.length) at = 0;
      const row = this.rows[at];
      if (row === undefined) continue;
      for (; place < WINDOWS_PER_ROW; place++) {
        const window = row.places[place];
        if (window !== undefined) return window;
      }
    }
  }
}

import { SECTOR_BYTES } from '../../base/units.ts';
import type { Extent, FreeRow } from '../formats/extent.ts';

/** So much is put together at the most, so that the first answer of a batch does not wait long. */
const limitBytes = 1024 * 1024;
/** Chunks of one vectored write, below what systems take. */
const limitChunks = 512;

interface GatheredRow {
  readonly firstGrain: number;
  readonly row: FreeRow;
}

/**
 * New grains of one batch of requests that lie one behind the other in a file, on their way into it in one
 * call. Requests that come together are scattered over the disk, but what they allocate is one row at the end
 * of the file, and one large write costs the host far less than many small ones.
 *
 * A row is reserved while it waits and entered once it is written, so nobody finds a grain without its data.
 * If the write fails, every row is given back and all its requests fail alike; each may be tried again.
 */
export class GatheredRows {
  readonly extent: Extent;
  /** Settles with the write that carries all of it. */
  readonly written: Promise<void>;
  private readonly rows: GatheredRow[] = [];
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;
  private endPlace: number;
  private resolve: () => void = () => undefined;
  private reject: (reason: unknown) => void = () => undefined;

  constructor(extent: Extent, firstPlace: number) {
    this.extent = extent;
    this.endPlace = firstPlace;
    this.written = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A request that fails on its own account does not wait for the rest of it.
    this.written.catch(() => undefined);
  }

  /** Whether it is time to write: to be asked before a row is looked for, which depends on what is given back. */
  get isFull(): boolean {
    return this.bytes >= limitBytes || this.chunks.length >= limitChunks;
  }

  /** Whether a row can be added: it lies behind the others. */
  takes(extent: Extent, row: FreeRow): boolean {
    return extent === this.extent && row.place === this.endPlace;
  }

  /** Adds a row with its whole content, which must stay as it is until `written` has settled. */
  add(firstGrain: number, found: FreeRow, chunks: readonly Uint8Array[]): void {
    const row = this.extent.reserve(found);
    this.rows.push({ firstGrain, row });
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
    }
    this.endPlace = row.place + (row.grains * this.extent.grainBytes) / SECTOR_BYTES;
  }

  /** Whether a range of the disk has to do with a grain that waits. */
  touches(startBytes: number, endBytes: number): boolean {
    const { startBytes: origin, grainBytes } = this.extent;
    for (const { firstGrain, row } of this.rows) {
      const start = origin + firstGrain * grainBytes;
      if (start < endBytes && startBytes < start + row.grains * grainBytes) return true;
    }
    return false;
  }

  /** Writes all of it, tells `entered` of every row that is in the file now, and settles `written`. Never throws. */
  carryOut(entered: (firstGrain: number, row: FreeRow) => void): void {
    const [first] = this.rows;
    if (first === undefined) return;
    const grains = this.rows.reduce((sum, { row }) => sum + row.grains, 0);
    let begun = 0;
    try {
      this.extent.writeRow({ ...first.row, grains }, this.chunks);
      for (const { firstGrain, row } of this.rows) {
        begun++;
        entered(firstGrain, row);
      }
      this.resolve();
    } catch (error) {
      // A row that was entered, even in part, is named by tables: nobody else may have its space.
      for (const { row } of this.rows.slice(begun).reverse()) this.extent.giveBack(row);
      this.reject(error);
    }
  }
}

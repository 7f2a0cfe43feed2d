import type { Extent, FreeRow } from '../formats/extent.ts';
import type { Chain } from './chain.ts';
import type { ChainReader } from './chain-reader.ts';
import { ChunkCursor, zeroChunks } from './chunk-cursor.ts';
import { GatheredRows } from './gathered-rows.ts';
import { FREED_GRAIN_BYTES, freeableRuns } from './free-grains.ts';
import type { MergedMap } from './merged-map.ts';
import { planWrite, type WritePiece } from './plan.ts';
import { zeroRows } from './zero-rows.ts';

type AllocatePiece = WritePiece & { kind: 'allocate' };

/**
 * Carries out writes on a chain's leaf.
 *
 * What the leaf has is overwritten in place. Everything else gets new grains at the end of the leaf's file,
 * written whole in one call: the part of a grain that the request does not cover is first read from below.
 * Only then is the grain entered, in memory, and a later flush writes the entry. So a write that fails
 * half-way (no room, something to be fetched first) leaves every grain as it was or as it should be, and can be
 * tried again.
 *
 * Between `gather` and `carryOut` new grains that will lie one behind the other are put together (see
 * GatheredRows). Whoever touches the bytes of one that waits calls `carryOutFor` first.
 *
 * Zeros over content below take grains like all data; over what reads as zeros already they take nothing.
 */
export class ChainWriter {
  private readonly chain: Chain;
  private readonly map: MergedMap;
  private readonly reader: ChainReader;
  private isGathering = false;
  private gathered: GatheredRows | undefined;

  constructor(chain: Chain, map: MergedMap, reader: ChainReader) {
    this.chain = chain;
    this.map = map;
    this.reader = reader;
  }

  /** From now on new grains may wait for each other, until `carryOut`. */
  gather(): void {
    this.isGathering = true;
  }

  /** Writes what waits, and nothing waits any more. Never throws: the writes concerned hear of it. */
  carryOut(): void {
    this.isGathering = false;
    this.writeGathered();
  }

  /** Writes what waits if it has to do with a range of the disk. */
  carryOutFor(startBytes: number, endBytes: number): void {
    if (this.gathered?.touches(startBytes, endBytes) === true) this.writeGathered();
  }

  /**
   * Writes `chunks`, together `lengthBytes`, at an offset of the disk. A promise is returned if a part of it
   * waits for `carryOut`; the chunks must stay as they are till then. Throws disk.no-space, disk.io, disk.corrupt,
   * NotLocalError.
   */
  write(offsetBytes: number, chunks: readonly Uint8Array[], lengthBytes: number): undefined | Promise<void> {
    this.carryOutFor(offsetBytes, offsetBytes + lengthBytes);
    let waiting: undefined | Promise<void>;
    const cursor = new ChunkCursor(chunks, lengthBytes);
    for (const piece of planWrite(this.map, this.chain, offsetBytes, lengthBytes)) {
      const content = cursor.take(piece.lengthBytes);
      if (piece.kind === 'allocate' && piece.isEmptyBelow) {
        waiting = both(waiting, this.writeOverNothing(piece, content));
        continue;
      }
      this.chain.leaf.beginWriting(piece.extent);
      if (piece.kind === 'in-place') piece.extent.writeInPlace(piece.addressBytes, content);
      else waiting = both(waiting, this.allocate(piece, new ChunkCursor(content, piece.lengthBytes)));
      this.chain.leaf.noteWritten(piece.lengthBytes);
    }
    return waiting;
  }

  /** Allocates only grains that get something else than zeros. */
  private writeOverNothing(piece: AllocatePiece, content: readonly Uint8Array[]): undefined | Promise<void> {
    let waiting: undefined | Promise<void>;
    const { extent, lengthBytes } = piece;
    const intoGrain = (piece.offsetBytes - extent.startBytes) % extent.grainBytes;
    const cursor = new ChunkCursor(content, lengthBytes);
    let { offsetBytes } = piece;
    for (const row of zeroRows(content, lengthBytes, extent.grainBytes - intoGrain, extent.grainBytes)) {
      const part = cursor.take(row.lengthBytes);
      if (!row.isZeros) {
        this.chain.leaf.beginWriting(extent);
        const rowPiece = { ...piece, offsetBytes, lengthBytes: row.lengthBytes };
        waiting = both(waiting, this.allocate(rowPiece, new ChunkCursor(part, row.lengthBytes)));
        this.chain.leaf.noteWritten(row.lengthBytes);
      }
      offsetBytes += row.lengthBytes;
    }
    return waiting;
  }

  /** The range reads as zeros from then on. Throws as `write` does. */
  writeZeroes(offsetBytes: number, lengthBytes: number): void {
    this.writeGathered();
    for (const piece of planWrite(this.map, this.chain, offsetBytes, lengthBytes)) {
      if (piece.kind === 'allocate' && piece.isEmptyBelow) continue;
      this.chain.leaf.beginWriting(piece.extent);
      if (piece.kind === 'in-place') piece.extent.writeInPlace(piece.addressBytes, zeroChunks(piece.lengthBytes));
      else void this.allocate(piece, undefined);
      this.chain.leaf.noteWritten(piece.lengthBytes);
    }
  }

  /**
   * Frees what the leaf has in the range and what then reads as zeros; the rest stays as it is. No read of the
   * range is under way. Throws disk.no-space, disk.io, disk.corrupt.
   */
  discard(offsetBytes: number, lengthBytes: number): void {
    this.writeGathered();
    for (const { extent, firstGrain, count } of freeableRuns(this.chain, offsetBytes, lengthBytes)) {
      this.chain.leaf.beginWriting(extent);
      const startBytes = extent.startBytes + firstGrain * extent.grainBytes;
      try {
        extent.free?.(firstGrain, count);
      } finally {
        // Even if it fails half-way: what the tables no longer name must not be written in place.
        this.map.drop(startBytes, startBytes + count * extent.grainBytes);
      }
      this.chain.leaf.noteWritten(count * FREED_GRAIN_BYTES);
    }
  }

  /** `content` undefined: zeros. Returns the promise of what waits, if anything does. */
  private allocate(piece: AllocatePiece, content: ChunkCursor | undefined): undefined | Promise<void> {
    const { extent, isEmptyBelow } = piece;
    let waiting: undefined | Promise<void>;
    const end = piece.offsetBytes + piece.lengthBytes;
    for (let at = piece.offsetBytes; at < end;) {
      const firstGrain = Math.floor((at - extent.startBytes) / extent.grainBytes);
      const rowStart = extent.startBytes + firstGrain * extent.grainBytes;
      if (this.gathered?.isFull === true) this.writeGathered();
      const row = this.findRow(extent, firstGrain, Math.ceil((end - rowStart) / extent.grainBytes));
      const rowEnd = rowStart + row.grains * extent.grainBytes;
      const to = Math.min(end, rowEnd);
      if (content === undefined && row.isFresh && at === rowStart && to === rowEnd) {
        extent.extendOver(row);
      } else {
        const middle = content === undefined ? zeroChunks(to - at) : content.take(to - at);
        const chunks =
          at === rowStart && to === rowEnd
            ? middle
            : [
                ...this.fill(extent, rowStart, at, isEmptyBelow),
                ...middle,
                ...this.fill(extent, to, rowEnd, isEmptyBelow),
              ];
        if (this.isGathering && content !== undefined) {
          waiting = both(waiting, this.addToGathered(extent, firstGrain, row, chunks));
          at = to;
          continue;
        }
        extent.writeRow(row, chunks);
      }
      this.publish(extent, firstGrain, row);
      at = to;
    }
    return waiting;
  }

  /** What waits is out of sight of a search for unused space, so it is entered before one fails for good. */
  private findRow(extent: Extent, firstGrain: number, wanted: number): FreeRow {
    if (this.gathered === undefined) return extent.findRow(firstGrain, wanted);
    try {
      return extent.findRow(firstGrain, wanted);
    } catch {
      this.writeGathered();
      return extent.findRow(firstGrain, wanted);
    }
  }

  private addToGathered(
    extent: Extent,
    firstGrain: number,
    row: FreeRow,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    if (this.gathered?.takes(extent, row) === false) this.writeGathered();
    this.gathered ??= new GatheredRows(extent, row.place);
    this.gathered.add(firstGrain, row, chunks);
    return this.gathered.written;
  }

  private writeGathered(): void {
    const { gathered } = this;
    if (gathered === undefined) return;
    this.gathered = undefined;
    gathered.carryOut((firstGrain, row) => {
      this.publish(gathered.extent, firstGrain, row);
    });
    // Its bytes were counted when they came; a flush that began since did not have them.
    this.chain.leaf.noteWritten(0);
  }

  private publish(extent: Extent, firstGrain: number, row: FreeRow): void {
    extent.enter(firstGrain, row);
    this.map.enter(extent, firstGrain, row.grains, row.place);
  }

  /** What [startBytes, endBytes) of the disk reads now; zeros past the extent's end, where its last grain sticks out. */
  private fill(extent: Extent, startBytes: number, endBytes: number, isEmptyBelow: boolean): Uint8Array[] {
    if (startBytes === endBytes) return [];
    if (isEmptyBelow) return zeroChunks(endBytes - startBytes);
    const bytes = new Uint8Array(endBytes - startBytes);
    const diskEnd = Math.min(endBytes, extent.startBytes + extent.spanBytes);
    if (diskEnd > startBytes) this.reader.readNow(startBytes, bytes.subarray(0, diskEnd - startBytes));
    return [bytes];
  }
}

function both(a: undefined | Promise<void>, b: undefined | Promise<void>): undefined | Promise<void> {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  const all = Promise.all([a, b]).then(() => undefined);
  // As with what it is made of: a request that fails on its own account does not wait for it.
  all.catch(() => undefined);
  return all;
}

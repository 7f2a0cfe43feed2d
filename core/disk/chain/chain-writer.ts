import type { Extent, FreeRow } from '../formats/extent.ts';
import type { Chain } from './chain.ts';
import { ChunkCursor, zeroChunks } from './chunk-cursor.ts';
import { freeableRuns } from './free-grains.ts';
import type { MergedMap } from './merged-map.ts';
import { planRead, planWrite, type WritePiece } from './plan.ts';
import { readPieces } from './read-pieces.ts';
import { zeroRows } from './zero-rows.ts';

type AllocatePiece = WritePiece & { kind: 'allocate' };

/** What a freed grain weighs, as bytes written, when it is judged whether it is time for a flush: its entry and its row are in memory until then. */
const FREED_GRAIN_BYTES = 64;

/**
 * Carries out writes on a chain's leaf.
 *
 * What the leaf has is overwritten in place. Everything else gets new grains at the end of the leaf's file,
 * written whole in one call: the part of a grain that the request does not cover is first read from below.
 * Only then is the grain entered, in memory, and a later flush writes the entry. So a write that fails
 * half-way (no room) leaves every grain as it was or as it should be, and can be tried again.
 *
 * Zeros over content below take grains like all data; over what reads as zeros already they take nothing.
 */
export class ChainWriter {
  private readonly chain: Chain;
  private readonly map: MergedMap;

  constructor(chain: Chain, map: MergedMap) {
    this.chain = chain;
    this.map = map;
  }

  /** Writes `chunks`, together `lengthBytes`, at an offset of the disk. Throws disk.no-space, disk.io, disk.corrupt. */
  write(offsetBytes: number, chunks: readonly Uint8Array[], lengthBytes: number): void {
    const cursor = new ChunkCursor(chunks, lengthBytes);
    for (const piece of planWrite(this.map, this.chain, offsetBytes, lengthBytes)) {
      const content = cursor.take(piece.lengthBytes);
      if (piece.kind === 'allocate' && piece.isEmptyBelow) {
        this.writeOverNothing(piece, content);
        continue;
      }
      this.chain.leaf.beginWriting(piece.extent);
      if (piece.kind === 'in-place') piece.extent.writeInPlace(piece.addressBytes, content);
      else this.allocate(piece, new ChunkCursor(content, piece.lengthBytes));
      this.chain.leaf.noteWritten(piece.lengthBytes);
    }
  }

  /** Allocates only grains that get something else than zeros. */
  private writeOverNothing(piece: AllocatePiece, content: readonly Uint8Array[]): void {
    const { extent, lengthBytes } = piece;
    const intoGrain = (piece.offsetBytes - extent.startBytes) % extent.grainBytes;
    const cursor = new ChunkCursor(content, lengthBytes);
    let { offsetBytes } = piece;
    for (const row of zeroRows(content, lengthBytes, extent.grainBytes - intoGrain, extent.grainBytes)) {
      const part = cursor.take(row.lengthBytes);
      if (!row.isZeros) {
        this.chain.leaf.beginWriting(extent);
        this.allocate({ ...piece, offsetBytes, lengthBytes: row.lengthBytes }, new ChunkCursor(part, row.lengthBytes));
        this.chain.leaf.noteWritten(row.lengthBytes);
      }
      offsetBytes += row.lengthBytes;
    }
  }

  /** The range reads as zeros from then on. Throws as `write` does. */
  writeZeroes(offsetBytes: number, lengthBytes: number): void {
    for (const piece of planWrite(this.map, this.chain, offsetBytes, lengthBytes)) {
      if (piece.kind === 'allocate' && piece.isEmptyBelow) continue;
      this.chain.leaf.beginWriting(piece.extent);
      if (piece.kind === 'in-place') piece.extent.writeInPlace(piece.addressBytes, zeroChunks(piece.lengthBytes));
      else this.allocate(piece, undefined);
      this.chain.leaf.noteWritten(piece.lengthBytes);
    }
  }

  /**
   * Frees what the leaf has in the range and what then reads as zeros; the rest stays as it is. No read of the
   * range is under way. Throws disk.no-space, disk.io, disk.corrupt.
   */
  discard(offsetBytes: number, lengthBytes: number): void {
    for (const { extent, firstGrain, count } of freeableRuns(this.chain, offsetBytes, lengthBytes)) {
      this.chain.leaf.beginWriting(extent);
      extent.free?.(firstGrain, count);
      const startBytes = extent.startBytes + firstGrain * extent.grainBytes;
      this.map.drop(startBytes, startBytes + count * extent.grainBytes);
      this.chain.leaf.noteWritten(count * FREED_GRAIN_BYTES);
    }
  }

  /** `content` undefined: zeros. */
  private allocate(piece: AllocatePiece, content: ChunkCursor | undefined): void {
    const { extent, isEmptyBelow } = piece;
    const end = piece.offsetBytes + piece.lengthBytes;
    for (let at = piece.offsetBytes; at < end;) {
      const firstGrain = Math.floor((at - extent.startBytes) / extent.grainBytes);
      const rowStart = extent.startBytes + firstGrain * extent.grainBytes;
      const row = extent.findRow(firstGrain, Math.ceil((end - rowStart) / extent.grainBytes));
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
        extent.writeRow(row, chunks);
      }
      this.publish(extent, firstGrain, row);
      at = to;
    }
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
    if (diskEnd > startBytes) {
      readPieces(planRead(this.map, startBytes, diskEnd - startBytes), bytes.subarray(0, diskEnd - startBytes));
    }
    return [bytes];
  }
}

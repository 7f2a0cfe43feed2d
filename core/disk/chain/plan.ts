import type { Extent } from '../formats/extent.ts';
import type { Chain } from './chain.ts';
import type { MergedWindow } from './merged-window.ts';

/** Where lookups come from; a merged map, or anything else in a test. */
export interface Lookup {
  windowAt(offsetBytes: number): MergedWindow;
}

/** Bytes one behind the other in one extent, or zeros where `extent` is absent. Pieces follow each other in the request. */
export interface Piece {
  readonly extent: Extent | undefined;
  readonly addressBytes: number;
  readonly lengthBytes: number;
}

/**
 * Turns [offsetBytes, offsetBytes + lengthBytes) of the disk into the pieces to read, neighbours in a file
 * joined. Pure but for the tables that the lookup loads on first touch.
 */
export function planRead(lookup: Lookup, offsetBytes: number, lengthBytes: number): Piece[] {
  const pieces: Piece[] = [];
  const end = offsetBytes + lengthBytes;
  let pieceStart = offsetBytes;
  let pieceExtent: Extent | undefined;
  let pieceAddress = 0;
  for (let at = offsetBytes; at < end;) {
    const window = lookup.windowAt(at);
    const windowEnd = Math.min(end, window.endBytes);
    while (at < windowEnd) {
      const rowEnd = Math.min(windowEnd, window.locate(at));
      const { extent, addressBytes } = window;
      const isNext =
        extent === pieceExtent && (extent === undefined || addressBytes === pieceAddress + (at - pieceStart));
      if (!isNext || at === offsetBytes) {
        if (at > pieceStart)
          pieces.push({ extent: pieceExtent, addressBytes: pieceAddress, lengthBytes: at - pieceStart });
        pieceStart = at;
        pieceExtent = extent;
        pieceAddress = addressBytes;
      }
      at = rowEnd;
    }
  }
  if (end > pieceStart) pieces.push({ extent: pieceExtent, addressBytes: pieceAddress, lengthBytes: end - pieceStart });
  return pieces;
}

/** A part of a write: into grains that the leaf has, or into grains that it has to allocate. */
export type WritePiece =
  | {
      readonly kind: 'in-place';
      readonly extent: Extent;
      readonly addressBytes: number;
      readonly lengthBytes: number;
    }
  | {
      readonly kind: 'allocate';
      readonly extent: Extent;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
      /** These grains read as zeros: nobody has them, or who has them says so. */
      readonly isEmptyBelow: boolean;
    };

/**
 * Turns a range to be written into pieces. Neighbouring new grains are one piece, as long as all of them
 * or none of them have content below, because what reads as zeros needs no grain to hold zeros.
 */
export function planWrite(lookup: Lookup, chain: Chain, offsetBytes: number, lengthBytes: number): WritePiece[] {
  const pieces: WritePiece[] = [];
  const end = offsetBytes + lengthBytes;
  let last: Mutable<WritePiece> | undefined;
  for (let at = offsetBytes; at < end;) {
    const extent = chain.leafExtentAt(at);
    const extentEnd = Math.min(end, extent.startBytes + extent.spanBytes);
    while (at < extentEnd) {
      const window = lookup.windowAt(at);
      const { grainBytes } = extent;
      const grainStart = at - ((at - extent.startBytes) % grainBytes);
      const grainEnd = Math.min(grainStart + grainBytes, extent.startBytes + extent.spanBytes);
      const rowEnd = window.locate(at);
      if (window.extent === extent) {
        // What the leaf has is its own, grain by grain, up to where the row ends.
        const to = Math.min(extentEnd, Math.max(rowEnd, grainEnd));
        const { addressBytes } = window;
        if (
          last?.kind === 'in-place' &&
          last.extent === extent &&
          last.addressBytes + last.lengthBytes === addressBytes
        )
          last.lengthBytes += to - at;
        else pieces.push((last = { kind: 'in-place', extent, addressBytes, lengthBytes: to - at }));
        at = to;
        continue;
      }
      const to = Math.min(extentEnd, grainEnd);
      const isEmptyBelow = readsAsZeros(lookup, grainStart, grainEnd);
      if (last?.kind === 'allocate' && last.extent === extent && last.isEmptyBelow === isEmptyBelow)
        last.lengthBytes += to - at;
      else pieces.push((last = { kind: 'allocate', extent, offsetBytes: at, lengthBytes: to - at, isEmptyBelow }));
      at = to;
    }
  }
  return pieces;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Whether nobody has anything in [startBytes, endBytes), or who has it says zeros. */
function readsAsZeros(lookup: Lookup, startBytes: number, endBytes: number): boolean {
  for (let at = startBytes; at < endBytes;) {
    const window = lookup.windowAt(at);
    const rowEnd = window.locate(at);
    if (window.extent !== undefined) return false;
    at = Math.min(rowEnd, window.endBytes);
  }
  return true;
}

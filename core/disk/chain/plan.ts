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
  for (let at = offsetBytes; at < end;) {
    const extent = chain.leafExtentAt(at);
    const { grainBytes } = extent;
    const grainStart = extent.startBytes + Math.floor((at - extent.startBytes) / grainBytes) * grainBytes;
    const grainEnd = Math.min(grainStart + grainBytes, extent.startBytes + extent.spanBytes);
    const to = Math.min(end, grainEnd);
    const [here] = planRead(lookup, at, to - at);
    const last = pieces.at(-1);
    if (here?.extent === extent) {
      if (
        last?.kind === 'in-place' &&
        last.extent === extent &&
        last.addressBytes + last.lengthBytes === here.addressBytes
      ) {
        pieces[pieces.length - 1] = { ...last, lengthBytes: last.lengthBytes + (to - at) };
      } else {
        pieces.push({ kind: 'in-place', extent, addressBytes: here.addressBytes, lengthBytes: to - at });
      }
    } else {
      const isEmptyBelow = planRead(lookup, grainStart, grainEnd - grainStart).every(
        (piece) => piece.extent === undefined,
      );
      if (last?.kind === 'allocate' && last.extent === extent && last.isEmptyBelow === isEmptyBelow) {
        pieces[pieces.length - 1] = { ...last, lengthBytes: last.lengthBytes + (to - at) };
      } else {
        pieces.push({ kind: 'allocate', extent, offsetBytes: at, lengthBytes: to - at, isEmptyBelow });
      }
    }
    at = to;
  }
  return pieces;
}

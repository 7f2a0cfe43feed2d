import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Extent } from '../formats/extent.ts';
import type { Piece } from './plan.ts';

/** Carries out a read plan, straight into the target: one system call a piece. Throws disk.io, NotLocalError. */
export function readPieces(pieces: readonly Piece[], target: Uint8Array): void {
  let at = 0;
  for (const { extent, addressBytes, lengthBytes } of pieces) {
    const part = lengthBytes === target.length ? target : target.subarray(at, at + lengthBytes);
    readPiece(extent, addressBytes, part);
    at += lengthBytes;
  }
}

/** One piece, which fills the target. */
export function readPiece(extent: Extent | undefined, addressBytes: number, target: Uint8Array): void {
  if (extent === undefined) target.fill(0);
  else if (extent.readAt(addressBytes, target) < target.length) throw cutShort(extent);
}

/** The same in the thread pool, all pieces at a time; they have all ended when it resolves or rejects. */
export async function readPiecesLater(pieces: readonly Piece[], target: Uint8Array): Promise<void> {
  const reads: Promise<void>[] = [];
  let at = 0;
  for (const { extent, addressBytes, lengthBytes } of pieces) {
    const part = target.subarray(at, at + lengthBytes);
    if (extent === undefined) part.fill(0);
    else reads.push(readLater(extent, addressBytes, part));
    at += lengthBytes;
  }
  if (reads.length === 1) return reads[0];
  // Nobody may have the target's memory while a piece is still being read into it.
  const failed = (await Promise.allSettled(reads)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function readLater(extent: Extent, addressBytes: number, part: Uint8Array): Promise<void> {
  if ((await extent.readAtLater(addressBytes, part)) < part.length) throw cutShort(extent);
}

function cutShort(extent: Extent): RedoubtError {
  const { path: file } = extent;
  return new RedoubtError('disk.io', `${file} has become shorter than its tables say.`, {
    file,
    operation: 'read',
    errno: 'EIO',
  });
}

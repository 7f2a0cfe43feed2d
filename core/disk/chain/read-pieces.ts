import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Extent } from '../formats/extent.ts';
import type { Piece } from './plan.ts';

/** Carries out a read plan, straight into the target: one system call a piece. Throws disk.io. */
export function readPieces(pieces: readonly Piece[], target: Uint8Array): void {
  let at = 0;
  for (const { extent, addressBytes, lengthBytes } of pieces) {
    const part = lengthBytes === target.length ? target : target.subarray(at, at + lengthBytes);
    if (extent === undefined) part.fill(0);
    else if (extent.readAt(addressBytes, part) < lengthBytes) throw cutShort(extent);
    at += lengthBytes;
  }
}

function cutShort(extent: Extent): RedoubtError {
  const { path: file } = extent;
  return new RedoubtError('disk.io', `${file} has become shorter than its tables say.`, {
    file,
    operation: 'read',
    errno: 'EIO',
  });
}

import type { DiskLink } from './open-disk.ts';
import { joined, type Picture, type Range } from './picture.ts';
import type { Readable } from './stroke.ts';

const pieceBytes = 1_048_576;

/** The first byte in which a disk is not what it should be, in words; undefined if there is none. */
export function firstDifference(disk: DiskLink, picture: Picture): string | undefined {
  if (disk.sizeBytes !== picture.sizeBytes) {
    return `${String(disk.sizeBytes)} bytes instead of ${String(picture.sizeBytes)}`;
  }
  // Wherever neither has anything, both read zeros.
  return firstDifferenceIn(joined([...disk.held(), ...picture.painted()]), disk, picture);
}

export function firstDifferenceIn(ranges: readonly Range[], found: Readable, wanted: Readable): string | undefined {
  for (const { startBytes, endBytes } of ranges) {
    for (let at = startBytes; at < endBytes; at += pieceBytes) {
      const length = Math.min(pieceBytes, endBytes - at);
      const [is, should] = [found.read(at, length), wanted.read(at, length)];
      if (is.equals(should)) continue;
      const offset = is.findIndex((byte, index) => byte !== should[index]);
      return `byte ${String(at + offset)} is ${String(is[offset])}, not ${String(should[offset])}`;
    }
  }
  return undefined;
}

import { RedoubtError } from '../../../base/redoubt-error.ts';
import type { FileLayer } from '../../files/disk-file.ts';
import type { FormatHead } from '../disk-format.ts';
import { describedFiles, descriptorOfExtent } from './described-files.ts';
import { readDescriptor } from './read-descriptor.ts';

/** The disk that an extent file belongs to. */
export interface Claim {
  /** Path of the file with the descriptor. */
  readonly first: string;
  /** Of the extent among the disk's files, from 1. */
  readonly part: number;
  /** Files besides the descriptor; absent where the descriptor can't be read. */
  readonly count?: number;
}

/**
 * Whose extent a file is: the descriptor of the usual name says so. Without `isProved` that name alone counts,
 * for files that can be nothing else. `undefined`: nobody's that is known. Throws disk.permission, disk.io.
 */
export function claimedBy(layer: FileLayer, path: string, isProved: boolean): Claim | undefined {
  const guess = descriptorOfExtent(path);
  if (guess === undefined) return undefined;
  const unproved = isProved ? undefined : { first: guess.path, part: guess.part };
  try {
    const file = layer.open(guess.path, false);
    try {
      const found = readDescriptor(file);
      const files = found === undefined ? [] : describedFiles(found, guess.path);
      const index = files.indexOf(path);
      return index < 0 ? unproved : { first: guess.path, part: index + 1, count: files.length };
    } finally {
      file.close();
    }
  } catch (error) {
    // Whatever is in its place, it claims nothing.
    if (
      error instanceof RedoubtError &&
      (error.kind === 'data' || error.kind === 'request' || error.is('disk.not-found'))
    )
      return unproved;
    throw error;
  }
}

/** The head of a file that is only a part of a disk. */
export function claimedHead({ first, part, count }: Claim): FormatHead {
  const state = {
    generation: 0,
    isClean: true,
    controller: undefined,
    ordinal: part - 1,
    fileCount: count ?? part,
  };
  return { state, files: undefined, first };
}

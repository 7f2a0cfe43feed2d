import { statSync } from 'node:fs';
import { asFileError, errnoOf } from './file-error.ts';

/** What proves that there is nothing: no such name, no folder on the way to it, a name that no file system takes. */
const proofs = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'];

/**
 * Whether there is something at a path, links followed. What can't be looked at may be there, so whoever asks is told:
 * throws disk.permission, disk.loop (symbolic links), disk.io.
 */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (proofs.includes(errnoOf(error) ?? '')) return false;
    throw asFileError(error, path, 'look at');
  }
}

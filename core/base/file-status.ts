import { statSync, type Stats } from 'node:fs';
import { asFileError } from './file-error.ts';

/** What a path leads to, links followed, or `undefined` where nothing can be seen: not there, or no permission to look. */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The same of what has to be there. Throws disk.not-found, disk.permission, disk.loop (symbolic links), disk.io. */
export function requireStatus(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw asFileError(error, path, 'look at');
  }
}

/** The same of what may be gone; `undefined` only where nothing is there. Throws disk.permission, disk.loop, disk.io. */
export function statusIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw asFileError(error, path, 'look at');
  }
}

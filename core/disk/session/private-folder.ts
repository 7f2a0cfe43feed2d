import { mkdtempSync, readdirSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { asFileError } from '../../base/file-error.ts';

/** Folders of one nonpersistent session each, below the temporary one: `redoubt-` and six characters. */
const prefix = 'redoubt-';
const namePattern = /^redoubt-[A-Za-z0-9]{6}$/;

/** Makes one, for this user alone. Throws disk.not-found (the temporary folder), disk.permission, disk.no-space, disk.io. */
export function makePrivateFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    throw asFileError(error, tmpdir(), 'write');
  }
}

/** Those that are there, as far as can be seen. */
export function privateFolders(): string[] {
  try {
    return readdirSync(tmpdir())
      .filter((name) => namePattern.test(name))
      .map((name) => join(tmpdir(), name));
  } catch {
    return [];
  }
}

/** Removes a folder that is one of these and empty; leaves every other. */
export function removePrivateFolder(folder: string): void {
  if (!namePattern.test(basename(folder))) return;
  try {
    if (realpathSync(dirname(folder)) === realpathSync(tmpdir())) rmdirSync(folder);
  } catch {
    // Something else lies in it, or it is gone.
  }
}

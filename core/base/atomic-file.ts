import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { asFileError, errnoOf } from './file-error.ts';
import { RedoubtError } from './redoubt-error.ts';
import { MIB } from './units.ts';

/** No small file of ours comes near it. */
const longestBytes = 16 * MIB;

/**
 * Replaces a small file so that a crash leaves the old content or the new, never a mixture: write beside it,
 * fsync, rename over it, fsync the folder. Returns only when the new content is on the device.
 * Throws disk.permission, disk.no-space, disk.io, disk.not-found (the folder).
 */
export function replaceFile(
  file: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { mode?: number } = {},
): void {
  const folder = dirname(file);
  // Not made from the file's own name, which may be as long as names can be.
  const temporary = join(folder, `.redoubt-${randomBytes(8).toString('hex')}.new`);
  try {
    writeNewFile(temporary, content, mode);
    try {
      renameSync(temporary, file);
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
    syncFolder(folder);
  } catch (error) {
    throw asFileError(error, file, 'write');
  }
}

/** Makes entries of a folder (new, renamed, removed) durable. Does nothing where folders can't be opened (Windows). */
export function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, 'r');
  } catch (error) {
    if (process.platform === 'win32' && ['EISDIR', 'EPERM', 'EACCES'].includes(errnoOf(error) ?? '')) return;
    throw asFileError(error, folder, 'sync');
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems know no fsync of a folder.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw asFileError(error, folder, 'sync');
  } finally {
    closeSync(fd);
  }
}

/**
 * The text of a small file, or `undefined` if there is none. The file may be anybody's: a pipe or a device in
 * its place is not read. Throws disk.corrupt (no regular file, too long), disk.permission, disk.io.
 */
export function readFileIfThere(file: string): string | undefined {
  let fd: number;
  try {
    // Not to be kept waiting by a pipe.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw asFileError(error, file, 'read');
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unreadable(file, 'type', '-', 'no regular file');
    if (stat.size > longestBytes) throw unreadable(file, 'length', String(stat.size), 'too long');
    return readFileSync(fd, 'utf8');
  } catch (error) {
    throw asFileError(error, file, 'read');
  } finally {
    closeSync(fd);
  }
}

function unreadable(file: string, field: string, value: string, reason: string): RedoubtError {
  return new RedoubtError('disk.corrupt', `${file} can't be read: it is ${reason}.`, { file, field, value, reason });
}

/** Removes a file if it is there, and makes that durable. Throws disk.permission, disk.io. */
export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw asFileError(error, file, 'remove');
  }
  syncFolder(dirname(file));
}

/** Synced, without its folder; what can't be written whole is gone again. Throws Node's own errors, EEXIST above all. */
export function writeNewFile(file: string, content: string | Uint8Array, mode: number): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const fd = openSync(file, 'wx', mode);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } catch (error) {
    unlinkSync(file);
    throw error;
  } finally {
    closeSync(fd);
  }
}

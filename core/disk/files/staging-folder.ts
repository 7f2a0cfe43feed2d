import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../base/atomic-file.ts';
import { asFileError, errnoOf } from '../base/file-error.ts';
import { isThere } from '../base/is-there.ts';
import { acquireLock, isHolderGone, lockHolder, type LockFile } from '../base/lock-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

/**
 * A folder beside the place where new files are wanted: they are made in it under their final names, so that
 * nothing half done is ever to be seen, and put in their places when they are complete and synced. What a
 * killed process left is cleared away by the next one.
 */

const prefix = '.redoubt-convert-';
const lockName = '.lock';

export interface StagingFolder {
  readonly path: string;
  /**
   * Puts everything in its place and removes the folder. The file called `first` comes last: without it there
   * is no disk. Nothing is overwritten. Returns the files, `first` first. Throws disk.exists (with nothing put),
   * disk.permission, disk.no-space, disk.io.
   */
  publish(first: string): string[];
  /** Removes the folder with all that is in it. Idempotent. */
  remove(): void;
}

/** Beside `file`. Throws disk.not-found (the folder), disk.permission, disk.no-space. */
export async function openStagingFolder(file: string): Promise<StagingFolder> {
  const place = dirname(file);
  clearAbandoned(place);
  const path = join(place, `${prefix}${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(path, { mode: 0o700 });
    const lock = (await acquireLock(join(path, lockName), 'convert')) as LockFile;
    const remove = () => {
      rmSync(path, { recursive: true, force: true });
    };
    return {
      path,
      publish: (first) => {
        lock.release();
        const names = readdirSync(path).sort();
        publish(path, place, [...names.filter((name) => name !== first), first]);
        remove();
        return [first, ...names.filter((name) => name !== first)].map((name) => join(place, name));
      },
      remove,
    };
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw asFileError(error, place, 'write');
  }
}

function publish(from: string, place: string, names: readonly string[]): void {
  for (const name of names) syncFile(join(from, name));
  const put: string[] = [];
  try {
    for (const name of names) {
      // All others are durable before the one that makes them a disk.
      if (name === names.at(-1)) syncFolder(place);
      moveTo(join(from, name), join(place, name));
      put.push(join(place, name));
    }
    syncFolder(place);
  } catch (error) {
    for (const path of put) unlinkSync(path);
    throw asFileError(error, place, 'write');
  }
}

/** A link is never made over anything; a rename is, where links are not to be had. */
function moveTo(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST')
      throw new RedoubtError('disk.exists', `${to} exists already.`, { file: to }, { cause: error });
    if (isThere(to)) throw new RedoubtError('disk.exists', `${to} exists already.`, { file: to });
    renameSync(from, to);
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Only of processes that are proved to be gone. */
function clearAbandoned(place: string): void {
  let names: string[];
  try {
    names = readdirSync(place).filter((name) => basename(name).startsWith(prefix));
  } catch {
    // Making the folder will say what is wrong.
    return;
  }
  for (const name of names) {
    const holder = lockHolder(join(place, name, lockName));
    if (holder !== undefined && holder.pid > 0 && isHolderGone(holder))
      rmSync(join(place, name), { recursive: true, force: true });
  }
}

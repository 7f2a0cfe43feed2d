import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../base/atomic-file.ts';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { acquireLock, isHolderGone, lockHolder } from '../../base/lock-file.ts';
import { fromWire, RedoubtError } from '../../base/redoubt-error.ts';

/**
 * A folder beside the place where new files are wanted: they are made in it under their final names, so that
 * nothing half done is ever to be seen, and put in their places when they are complete and synced.
 *
 * Order of writes: every file, synced; a second name in its place for all but the first, and the place synced; then for
 * the first, and again: now the disk is there. Then the names in the folder go, the first's last, each step synced.
 *
 * What a killed process left tells how far it got: if every file that is left has its place, the disk is complete, and
 * else those that have it lose it again. The next process that opens such a folder there clears up, and so does whoever
 * opens a disk whose first file has two names still.
 */

const prefix = '.redoubt-staging-';
const lockName = '.lock';
/** A folder is locked as soon as it is made. */
const longestWithoutLockMs = 3_600_000;

export interface StagingFolder {
  readonly path: string;
  /**
   * Puts everything in its place; the folder is still to be removed. The file called `first` comes last: without it there
   * is no disk. Nothing is overwritten. Returns the files, `first` first. Throws disk.exists (with nothing put),
   * disk.permission, disk.no-space, disk.io.
   */
  publish(first: string): string[];
  /** An error that speaks of files in the folder, as it would of them in their place: nobody has asked for the folder. */
  inPlace(error: unknown): unknown;
  /** Removes the folder with all that is in it, as far as that can be done; the next one does the rest. Idempotent. */
  remove(): void;
}

/** Beside `file`. Throws disk.not-found (the folder), disk.permission, disk.no-space. */
export async function openStagingFolder(file: string): Promise<StagingFolder> {
  const place = dirname(file);
  clearAbandoned(place);
  const path = join(place, `${prefix}${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(path, { mode: 0o700 });
    // It goes with the folder, and speaks for it as long as there is one.
    await acquireLock(join(path, lockName), 'making a disk');
    return {
      path,
      publish: (first) => {
        const others = filesIn(path).filter((name) => name !== first);
        publish(path, place, [...others, first]);
        return [first, ...others].map((name) => join(place, name));
      },
      inPlace: (error) => speakOf(place, path, error),
      remove: () => {
        asFarAsPossible(() => {
          removeFolder(path);
        });
      },
    };
  } catch (error) {
    asFarAsPossible(() => {
      rmSync(path, { recursive: true, force: true });
    });
    throw asFileError(error, place, 'write');
  }
}

function speakOf(place: string, path: string, error: unknown): unknown {
  if (!(error instanceof RedoubtError) || !error.message.includes(path)) return error;
  const { code, message, details } = error.toWire();
  const inPlace = Object.entries(details).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? value.replaceAll(path, place) : value,
  ]);
  const wire = { code, message: message.replaceAll(path, place), details: Object.fromEntries(inPlace) as unknown };
  return Object.assign(fromWire(wire), { cause: error });
}

/** Clears up after processes that are proved to be gone, as far as this user may. Throws disk.io. */
export function clearAbandoned(place: string): void {
  for (const name of namesIn(place)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(place, name);
    try {
      if (!lstatSync(path).isDirectory()) continue;
      const holder = lockHolder(join(path, lockName));
      const isAbandoned = holder === undefined ? isStillborn(path) : holder.pid > 0 && isHolderGone(holder);
      if (!isAbandoned) continue;
      takeBackUnlessComplete(path, place);
      removeFolder(path);
    } catch (error) {
      const known = asFileError(error, path, 'remove');
      // Another user's, or gone meanwhile: not ours to clear, and nothing that keeps anybody from making a disk.
      if (!known.is('disk.permission') && !known.is('disk.not-found')) throw known;
    }
  }
}

/** Whether its maker was killed before he had locked it: it is old, and nothing was made in it. */
function isStillborn(path: string): boolean {
  const isOld = Date.now() - lstatSync(path).mtimeMs > longestWithoutLockMs;
  return isOld && readdirSync(path).every((name) => name.startsWith(lockName));
}

/**
 * Takes the second name from a file that was put in its place by a process that was killed before it had ended.
 * Throws disk.permission, disk.io.
 */
export function dropSecondName(file: string): void {
  let hasSecond: boolean;
  try {
    const status = lstatSync(file, { throwIfNoEntry: false });
    hasSecond = status?.isFile() === true && status.nlink > 1;
  } catch (error) {
    throw asFileError(error, file, 'look at');
  }
  if (hasSecond) clearAbandoned(dirname(file));
}

function takeBackUnlessComplete(path: string, place: string): void {
  const names = filesIn(path);
  // One that has its place has two names, whatever somebody has called it there since.
  if (names.every((name) => lstatSync(join(path, name)).nlink > 1)) return;
  const put = names.filter((name) => isSameFile(join(path, name), join(place, name)));
  for (const name of put) unlinkSync(join(place, name));
  if (put.length > 0) syncFolder(place);
}

/** In the order of their names, without what is not to be put anywhere. Throws disk.io. */
function filesIn(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => name !== lockName && lstatSync(join(path, name)).isFile())
      .sort();
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Making anything there will say what is wrong.
    return [];
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => lstatSync(path, { throwIfNoEntry: false, bigint: true }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The last of `names` is the one that makes the others a disk. */
function publish(from: string, place: string, names: readonly string[]): void {
  const put: string[] = [];
  try {
    for (const name of names) syncFile(join(from, name));
    for (const name of names) {
      if (name === names.at(-1)) syncFolder(place);
      giveName(join(from, name), join(place, name));
      put.push(join(place, name));
    }
    syncFolder(place);
  } catch (error) {
    asFarAsPossible(() => {
      // The first first: without it the others are no disk.
      for (const path of put.reverse()) unlinkSync(path);
    });
    throw asFileError(error, place, 'write');
  }
  // The disk is there already.
  asFarAsPossible(() => {
    removeNames(from, names);
  });
}

/** A link is never made over anything; a rename is, where links are not to be had. */
function giveName(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST')
      throw new RedoubtError('disk.exists', `${to} exists already.`, { file: to }, { cause: error });
    if (isThere(to)) throw new RedoubtError('disk.exists', `${to} exists already.`, { file: to });
    renameSync(from, to);
  }
}

/** The last of them when the others are gone from the device. */
function removeNames(from: string, names: readonly string[]): void {
  for (const name of names) {
    if (name === names.at(-1)) syncFolder(from);
    rmSync(join(from, name), { recursive: true, force: true });
  }
  syncFolder(from);
}

/** The lock last, also on the device: without it nobody would take the rest for what a killed process left. */
function removeFolder(path: string): void {
  if (!isThere(path)) return;
  removeNames(
    path,
    namesIn(path)
      .filter((name) => name !== lockName)
      .sort(),
  );
  rmSync(path, { recursive: true, force: true });
}

/** Clearing up: what fails of it is found by the next process that looks. */
function asFarAsPossible(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
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

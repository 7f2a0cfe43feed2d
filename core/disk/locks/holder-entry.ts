import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { decodeNote, encodeNote } from './holder-note.ts';
import { decodeHolder, encodeHolder, judgeHolder, type HolderVerdict, type LockHolder } from './lock-holder.ts';

/** Ending of an entry that is being written. */
export const unfinished = '.new';
/** Ending of an entry that somebody is breaking: until it is deleted it still stands for its holder. */
export const beingBroken = '.broken';
/** No entry of ours comes near it. */
const longestBytes = 32 * 1024;

/** An entry of `FILE.lck/` as it was found. */
export interface FoundHolder {
  readonly path: string;
  /** By the entry's name; of a note in another's place as it says. */
  readonly token: string;
  /** Absent where the entry can't be understood. */
  readonly holder: LockHolder | undefined;
  readonly verdict: HolderVerdict;
  /** The last heartbeat, milliseconds since 1970. */
  readonly seenAtMs: number;
}

/**
 * Puts an entry in its place, whole from its first moment; one that is there is replaced. Where there is no
 * room for a file it becomes a note in a symbolic link. Not synced: after a power loss every lock is stale
 * anyway. Throws what node:fs throws, and leaves nothing then.
 */
export function putEntry(path: string, holder: LockHolder): void {
  const temporary = `${path}${unfinished}`;
  try {
    writeWhole(temporary, holder);
    renameSync(temporary, path);
  } catch (error) {
    unlinkIfThere(temporary);
    throw error;
  }
}

/** Puts a note in its place, whatever room there is; one that is there is replaced. Throws what node:fs throws. */
export function putNote(path: string, holder: LockHolder): void {
  const temporary = `${path}${unfinished}`;
  unlinkIfThere(temporary);
  symlinkSync(encodeNote(holder), temporary);
  renameSync(temporary, path);
}

function writeWhole(path: string, holder: LockHolder): void {
  try {
    writeFileSync(path, encodeHolder(holder), { flag: 'wx' });
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    unlinkIfThere(path);
    symlinkSync(encodeNote(holder), path);
  }
}

/** Whether `node:fs` found no room for something new. */
export function isNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Judges an entry; `undefined` if it is gone by now. Throws disk.permission, disk.io. */
export function lookAtEntry(path: string, isLocalFileSystem: boolean): FoundHolder | undefined {
  try {
    const stat = lstatSync(path);
    const holder = stat.isSymbolicLink() ? decodeNote(readlinkSync(path)) : readFileEntry(path);
    const seenAtMs = stat.mtimeMs;
    const name = basename(path);
    // A gate and a lone holder's note have names of their own.
    const token = name.includes('.json') ? name.replace(/\.json(\.broken)?$/, '') : (holder?.token ?? name);
    return { path, token, holder, seenAtMs, verdict: judgeHolder(holder, { seenAtMs, isLocalFileSystem }) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw asFileError(error, path, 'read');
  }
}

/** Anything may lie in the place of an entry: what is no small regular file is not read. */
function readFileEntry(path: string): LockHolder | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (['ENXIO', 'ELOOP', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= longestBytes ? decodeHolder(readFileSync(fd, 'utf8')) : undefined;
  } finally {
    closeSync(fd);
  }
}

import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { isLocalFileSystem } from './file-system-kind.ts';
import { isNoRoom, lookAtEntry, putEntry, unlinkIfThere, type FoundHolder } from './holder-entry.ts';
import { encodeNote } from './holder-note.ts';
import { lockBroken, lockedError } from './lock-errors.ts';
import { breakEntry, lockFolder, lookAtLoneHolder, putBack } from './lock-folder.ts';
import { newHolder } from './lock-holder.ts';

/**
 * `FILE.lck/` is changed only by whoever made `FILE.lck/gate`: mkdir is the one operation that exactly one
 * of several processes can win on every file system. The gate is held for a few system calls, never while
 * waiting. One that was left by a process that died in it is moved aside, looked at again and only then
 * deleted; whoever holds it proves that it is still his before each change.
 *
 * Where there is no room for a directory the gate is a note in a symbolic link (holder-note.ts): making one
 * is exclusive too, also against mkdir.
 */

const patienceMs = 10_000;
/** A gate without a holder's entry was left between two calls; nobody takes this long. */
const emptyGateMs = 5_000;

export interface Gate {
  /** `FILE.lck`. */
  readonly folder: string;
  /** Throws disk.io if somebody broke the gate. */
  prove(): void;
}

/** Whether the gate can't be made at all, because the folder refuses writing. */
export function isRefused(error: unknown): boolean {
  return error instanceof RedoubtError && error.is('disk.permission');
}

/**
 * Runs `act` while the gate of `file` is held. `FILE.lck` is made, and removed again when nothing is left in
 * it. Throws disk.permission, disk.locked (the gate stays shut, or a lone holder is in the folder's place),
 * disk.no-space (there is no folder and no room for one), disk.io, and what `act` throws.
 */
export async function withGate<T>(file: string, act: (gate: Gate) => T): Promise<T> {
  const folder = lockFolder(file);
  const own = await enter(file);
  try {
    try {
      return act({
        folder,
        prove: () => {
          if (!own.isThere()) throw lockBroken(file);
        },
      });
    } finally {
      own.leave();
      ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => {
        rmdirSync(folder);
      });
    }
  } catch (error) {
    throw errnoOf(error) === undefined ? error : asFileError(error, folder, 'lock');
  }
}

/** A gate that this process holds. */
interface OwnGate {
  isThere(): boolean;
  leave(): void;
}

async function enter(file: string): Promise<OwnGate> {
  const folder = lockFolder(file);
  const deadline = Date.now() + patienceMs;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 50)) {
    const own = tryEnter(file);
    if (own !== undefined) return own;
    breakStaleGate(folder);
    if (Date.now() > deadline) throw lockedError(file, gateHolder(folder));
    await sleep(waitMs * (0.5 + Math.random()));
  }
}

function tryEnter(file: string): OwnGate | undefined {
  const folder = lockFolder(file);
  const gate = join(folder, 'gate');
  const holder = newHolder('writer', randomBytes(8).toString('hex'), { purpose: 'changing the locks' });
  refuseLoneHolder(file);
  try {
    mkdirIfMissing(folder);
    try {
      mkdirSync(gate);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      const note = encodeNote(holder);
      symlinkSync(note, gate);
      return noteGate(gate, note);
    }
    const entry = join(gate, `${holder.token}.json`);
    const own = directoryGate(gate, entry);
    try {
      putEntry(entry, holder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') own.leave();
      throw error;
    }
    if (readdirSync(gate).length === 1) return own;
    // A gate that was moved aside by mistake has come back over ours while that was empty: it was there first.
    unlinkIfThere(entry);
    return undefined;
  } catch (error) {
    // ENOENT: the last holder removed the folder, or the gate was broken under us. Both, and a note that came
    // into the folder's place: try again.
    if (['EEXIST', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '') && isThere(dirname(folder))) return undefined;
    throw asFileError(error, folder, 'lock');
  }
}

/** A lone holder that is gone is swept away. Throws disk.locked for any other. */
function refuseLoneHolder(file: string): void {
  const lone = lookAtLoneHolder(file);
  if (lone === undefined) return;
  const isGone = lone.verdict === 'gone' && breakEntry(lone, file, (now) => now.verdict === 'gone');
  if (!isGone) throw lockedError(file, lone);
}

function directoryGate(gate: string, entry: string): OwnGate {
  return {
    isThere: () => isThere(entry),
    leave: () => {
      unlinkIfThere(entry);
      ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => {
        rmdirSync(gate);
      });
    },
  };
}

function noteGate(gate: string, note: string): OwnGate {
  const isOwn = () => {
    try {
      return readlinkSync(gate) === note;
    } catch {
      return false;
    }
  };
  return {
    isThere: isOwn,
    leave: () => {
      if (isOwn()) unlinkIfThere(gate);
    },
  };
}

/** Whoever has shut the gate, as far as it says so. */
export function gateHolder(folder: string, gate = join(folder, 'gate')): FoundHolder | undefined {
  const isLocal = isLocalFileSystem(folder);
  try {
    if (!lstatSync(gate).isDirectory()) return lookAtEntry(gate, isLocal);
    const name = readdirSync(gate).find((one) => one.endsWith('.json'));
    return name === undefined ? undefined : lookAtEntry(join(gate, name), isLocal);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw asFileError(error, gate, 'read');
  }
}

function breakStaleGate(folder: string): void {
  if (isStale(join(folder, 'gate'), folder)) breakGate(folder, (aside) => isStale(aside, folder));
}

/** Opens a gate that somebody has shut: moves it aside, looks again, deletes it. Returns whether it did. */
export function breakGate(folder: string, mayBreak: (aside: string) => boolean): boolean {
  const gate = join(folder, 'gate');
  const aside = join(folder, `gate-${randomBytes(8).toString('hex')}`);
  try {
    renameSync(gate, aside);
    const isBroken = mayBreak(aside);
    // It may be a fresh one by now. Its owner finds it again, unless somebody was faster; then he notices.
    if (isBroken) rmSync(aside, { recursive: true });
    else if (lstatSync(aside).isDirectory()) renameSync(aside, gate);
    else putBack(aside, gate);
    return isBroken;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return false;
    throw asFileError(error, gate, 'break');
  }
}

function isStale(gate: string, folder: string): boolean {
  try {
    const found = gateHolder(folder, gate);
    if (found?.holder !== undefined) return found.verdict === 'gone';
    return Date.now() - lstatSync(gate).mtimeMs > emptyGateMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw asFileError(error, gate, 'read');
  }
}

function ignoring(errnos: readonly string[], act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!errnos.includes(errnoOf(error) ?? '')) throw error;
  }
}

function mkdirIfMissing(folder: string): void {
  ignoring(['EEXIST'], () => {
    mkdirSync(folder);
  });
}

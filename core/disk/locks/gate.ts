import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { isLocalFileSystem } from './file-system-kind.ts';
import { encodeHolder, newHolder, readHolder } from './lock-holder.ts';
import { isProvedGone } from '../../base/process-identity.ts';

/**
 * `FILE.lck/` is changed only by whoever made `FILE.lck/gate`: mkdir is the one operation that exactly one
 * of several processes can win on every file system. The gate is held for a few system calls, never while
 * waiting. One that was left by a process that died in it is moved aside, looked at again and only then
 * deleted; whoever holds it proves that it is still his before each change.
 */

const patienceMs = 10_000;
/** A gate without a holder's file was left between two calls; nobody takes this long. */
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
 * it. Throws disk.permission, disk.locked (the gate stays shut), disk.io, and what `act` throws.
 */
export async function withGate<T>(file: string, act: (gate: Gate) => T): Promise<T> {
  const folder = `${file}.lck`;
  const token = randomBytes(8).toString('hex');
  await enter(file, folder, token);
  const own = join(folder, 'gate', `${token}.json`);
  try {
    return act({
      folder,
      prove: () => {
        if (!isThere(own))
          throw new RedoubtError('disk.io', `The lock of ${file} was broken.`, {
            file,
            operation: 'lock',
            errno: 'ELOCKBROKEN',
          });
      },
    });
  } finally {
    leave(folder, own);
  }
}

async function enter(file: string, folder: string, token: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 50)) {
    if (tryEnter(folder, token)) return;
    breakStaleGate(folder);
    if (Date.now() > deadline) {
      throw new RedoubtError('disk.locked', `Another program is changing the locks of ${file}.`, { file });
    }
    await sleep(waitMs * (0.5 + Math.random()));
  }
}

function tryEnter(folder: string, token: string): boolean {
  const gate = join(folder, 'gate');
  try {
    mkdirIfMissing(folder);
    mkdirSync(gate);
    writeToken(gate, token);
    if (readdirSync(gate).length === 1) return true;
    // A gate that was moved aside by mistake has come back over ours while that was empty: it was there first.
    unlinkSync(join(gate, `${token}.json`));
    return false;
  } catch (error) {
    // ENOENT: the last holder removed the folder, or the gate was broken under us. Both: try again.
    if (['EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '') && isThere(dirname(folder))) return false;
    throw asFileError(error, folder, 'lock');
  }
}

/** A gate that no token could be written into (no room) is opened again at once. */
function writeToken(gate: string, token: string): void {
  try {
    writeFileSync(join(gate, `${token}.json`), encodeHolder(newHolder('writer', token, 'lock', undefined)));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') leave(dirname(gate), join(gate, `${token}.json`));
    throw error;
  }
}

function breakStaleGate(folder: string): void {
  const gate = join(folder, 'gate');
  if (!isStale(gate, folder)) return;
  const aside = join(folder, `gate-${randomBytes(8).toString('hex')}`);
  try {
    renameSync(gate, aside);
    if (isStale(aside, folder)) rmSync(aside, { recursive: true });
    // It was a fresh one by then. Its owner finds it again, unless somebody was faster; then he notices.
    else renameSync(aside, gate);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw asFileError(error, gate, 'break');
  }
}

function isStale(gate: string, folder: string): boolean {
  try {
    const [name] = readdirSync(gate);
    if (name === undefined) return Date.now() - statSync(gate).mtimeMs > emptyGateMs;
    const holder = readHolder(join(gate, name));
    if (holder === undefined) return Date.now() - statSync(gate).mtimeMs > emptyGateMs;
    return isProvedGone(holder, isLocalFileSystem(folder));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw asFileError(error, gate, 'read');
  }
}

function leave(folder: string, own: string): void {
  ignoring(['ENOENT'], () => {
    unlinkSync(own);
  });
  ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => {
    rmdirSync(dirname(own));
  });
  ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => {
    rmdirSync(folder);
  });
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

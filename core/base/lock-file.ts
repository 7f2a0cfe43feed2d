import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readFileIfThere, writeNewFile } from './atomic-file.ts';
import { errnoOf } from './file-error.ts';
import { isThere } from './is-there.ts';
import { currentProcess, isProvedGone, type ProcessIdentity } from './process-identity.ts';
import { RedoubtError } from './redoubt-error.ts';

export interface LockHolder extends ProcessIdentity {
  readonly token: string;
  /** What it is held for, in a few words. */
  readonly purpose: string;
}

/** A lock that is held. Released when the work is done; a process that dies leaves it stale. */
export interface LockFile {
  release(): void;
}

/**
 * One holder at a time, among all processes of this host, by a small file that names the holder. The file
 * appears complete (a link to one that was written before). A lock whose holder is gone is taken over.
 *
 * Where there are no hard links it is made in its place, exclusively too. Until it is whole it is one that
 * can't be read, as which it is held by somebody of whom nobody can prove that he is gone.
 *
 * Waits up to `waitMs` for another holder, then answers with that holder. Throws Node's own errors where
 * the folder can't be written.
 */
export async function acquireLock(path: string, purpose: string, waitMs = 0): Promise<LockFile | LockHolder> {
  const token = randomBytes(8).toString('hex');
  const prepared = `${path}.${token}`;
  const content = JSON.stringify({ ...currentProcess(), token, purpose } satisfies LockHolder);
  const deadline = Date.now() + waitMs;
  try {
    // Synced: a lock that a power failure leaves empty could not be told from somebody's who lives.
    writeNewFile(prepared, content, 0o644);
    for (;;) {
      const isOurs = tryLink(prepared, path, () => {
        writeNewFile(path, content, 0o644);
      });
      if (isOurs)
        return {
          release: () => {
            release(path, token);
          },
        };
      const holder = lockHolder(path);
      if (holder === undefined) continue;
      if (isHolderGone(holder)) {
        removeStale(path, holder, token);
        continue;
      }
      if (Date.now() >= deadline) return holder;
      await delay(20);
    }
  } finally {
    unlinkQuietly(prepared);
  }
}

/** Whether `acquireLock` got the lock. */
export function isHeld(lock: LockFile | LockHolder): lock is LockFile {
  return 'release' in lock;
}

/** Who has the lock now; also one that is gone. */
export function lockHolder(path: string): LockHolder | undefined {
  try {
    const text = readFileIfThere(path);
    // A link that leads nowhere is in a lock's way, too.
    if (text === undefined) return isLink(path) ? unreadable : undefined;
    const holder: unknown = JSON.parse(text);
    return isHolder(holder) ? holder : unreadable;
  } catch (error) {
    // The folder may be anybody's, and so may what lies in the lock's place.
    if (error instanceof SyntaxError || (error instanceof RedoubtError && error.kind === 'data')) return unreadable;
    throw error;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const found = value as Record<string, unknown>;
  return typeof found['pid'] === 'number' && holderTexts.every((key) => typeof found[key] === 'string');
}

/** Whether the holder has ended. Of another host's holder nobody here can tell. */
export function isHolderGone(holder: LockHolder): boolean {
  const { host, machineId } = currentProcess();
  // Names are given twice, and copied machines have one id until they are given their own.
  return isProvedGone(holder, holder.host === host && holder.machineId === machineId);
}

const holderTexts = ['token', 'purpose', 'host', 'machineId', 'bootId', 'pidNamespace', 'startTime'];
/** How file systems say that they have no hard links (or one name a file): FAT and shares; Windows says EISDIR. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EISDIR'];
const nobody: ProcessIdentity = { host: '', machineId: '', bootId: '', pidNamespace: '', pid: 0, startTime: '' };
const unreadable: LockHolder = { ...nobody, token: '', purpose: 'a lock that cannot be read' };

/**
 * Moves the stale file aside before deleting it, and looks again: between our reading and our moving,
 * somebody else may have replaced it by a live one, which then goes back.
 */
function removeStale(path: string, stale: LockHolder, token: string): void {
  const aside = `${path}.stale-${token}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (lockHolder(aside)?.token !== stale.token) {
    tryLink(aside, path, () => {
      // The file itself, which may still be being written.
      if (!isThere(path)) renameSync(aside, path);
    });
  }
  unlinkQuietly(aside);
}

function release(path: string, token: string): void {
  if (lockHolder(path)?.token === token) unlinkQuietly(path);
}

/** False where the name is taken. `withoutLinks` does the same where the file system has no hard links. */
function tryLink(from: string, to: string, withoutLinks: () => void): boolean {
  try {
    try {
      linkSync(from, to);
    } catch (error) {
      if (!noLinks.includes(errnoOf(error) ?? '')) throw error;
      withoutLinks();
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already: that is what was wanted.
  }
}

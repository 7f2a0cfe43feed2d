import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { isLocalFileSystem } from './file-system-kind.ts';
import { isRefused, withGate, type Gate } from './gate.ts';
import { encodeHolder, judgeHolder, newHolder, readHolder, type LockHolder, type LockKind } from './lock-holder.ts';

/**
 * Locks of links: one writer or many readers, across processes. FILE is the real path of a link's first
 * segment; each holder has one JSON file in `FILE.lck/`, whose time is touched every ten seconds.
 */

const heartbeatMs = 10_000;
/** Ending of a holder's file that is being written. */
const unfinished = '.new';

export interface LockReason {
  /** Shown to others: `running`, `commit`, … */
  readonly purpose: string;
  readonly machineName?: string;
}

export interface FileLock {
  readonly file: string;
  readonly kind: LockKind;
  /** Throws disk.io if somebody broke the lock. One system call. */
  prove(): void;
  /** Writer to reader. */
  lower(): Promise<void>;
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes a lock, without waiting for other holders; those that are proved to be gone are swept away. A
 * reader gets `undefined` where the folder can't be written and nobody writes: there is no place for a lock
 * then. Throws disk.locked (with the holder), disk.permission, disk.not-found, disk.io.
 */
export async function lockFile(file: string, kind: LockKind, reason: LockReason): Promise<FileLock | undefined> {
  try {
    return await withGate(file, (gate) => {
      const others = sweep(file, gate.folder);
      const rival = others.find((other) => kind === 'writer' || other.holder?.kind !== 'reader');
      if (rival !== undefined) throw lockedError(file, rival);
      gate.prove();
      return new HeldLock(file, gate, kind, reason);
    });
  } catch (error) {
    if (kind === 'writer' || !isRefused(error)) throw error;
    const rival = readHolders(`${file}.lck`).find(
      (found) => found.holder?.kind !== 'reader' && found.verdict !== 'gone',
    );
    if (rival !== undefined) throw lockedError(file, rival);
    return undefined;
  }
}

/** The first holder that is not proved to be gone, if any; changes nothing. */
export function findLockHolder(file: string): LockHolder | undefined {
  return readHolders(`${file}.lck`).find((found) => found.verdict !== 'gone')?.holder;
}

interface FoundHolder {
  readonly path: string;
  readonly holder: LockHolder | undefined;
  readonly verdict: 'alive' | 'silent' | 'gone';
}

/** Deletes what dead holders left; returns the rest. The gate is held, so nobody else deletes. */
function sweep(file: string, folder: string): FoundHolder[] {
  // They are written and renamed while the gate is held: these were not.
  for (const name of readdirSync(folder)) if (name.endsWith(unfinished)) unlinkHolder(file, join(folder, name));
  return readHolders(folder).filter((found) => {
    if (found.verdict !== 'gone') return true;
    unlinkHolder(file, found.path);
    return false;
  });
}

function unlinkHolder(file: string, path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw asFileError(error, file, 'unlock');
  }
}

function readHolders(folder: string): FoundHolder[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw asFileError(error, folder, 'read');
  }
  const isLocal = names.length > 0 && isLocalFileSystem(folder);
  return names.flatMap((name) => {
    const path = join(folder, name);
    try {
      const ageMs = Date.now() - statSync(path).mtimeMs;
      const holder = readHolder(path);
      return [{ path, holder, verdict: judgeHolder(holder, { ageMs, isLocalFileSystem: isLocal }) }];
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw asFileError(error, path, 'read');
    }
  });
}

function lockedError(file: string, { holder, verdict }: FoundHolder): RedoubtError<'disk.locked'> {
  if (holder === undefined) return new RedoubtError('disk.locked', `${file} is in use.`, { file });
  const { pid, host, purpose, machineName } = holder;
  const who = machineName === undefined ? `process ${String(pid)} on ${host}` : `"${machineName}"`;
  return new RedoubtError('disk.locked', `${file} is in use by ${who} (${purpose}).`, {
    file,
    holder: {
      pid,
      host,
      purpose,
      isStale: verdict === 'silent',
      ...(machineName === undefined ? {} : { machineName }),
    },
  });
}

class HeldLock implements FileLock {
  readonly file: string;
  kind: LockKind;
  private readonly reason: LockReason;
  private readonly token = randomBytes(16).toString('hex');
  private readonly path: string;
  private readonly heartbeat: NodeJS.Timeout;
  private isReleased = false;

  /** The gate is held. */
  constructor(file: string, gate: Gate, kind: LockKind, reason: LockReason) {
    this.file = file;
    this.kind = kind;
    this.reason = reason;
    this.path = join(gate.folder, `${this.token}.json`);
    this.write();
    this.heartbeat = setInterval(() => {
      this.beat();
    }, heartbeatMs);
    this.heartbeat.unref();
  }

  prove(): void {
    if (!this.isReleased && statSync(this.path, { throwIfNoEntry: false }) !== undefined) return;
    throw new RedoubtError('disk.io', `The lock of ${this.file} was broken.`, {
      file: this.file,
      operation: 'lock',
      errno: 'ELOCKBROKEN',
    });
  }

  async lower(): Promise<void> {
    await withGate(this.file, (gate) => {
      this.prove();
      gate.prove();
      this.kind = 'reader';
      this.write();
    });
  }

  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    clearInterval(this.heartbeat);
    try {
      await withGate(this.file, () => {
        unlinkHolder(this.file, this.path);
      });
    } catch (error) {
      // On a full disk there is no room for a gate. Without it the folder may stay, but the lock goes.
      if (!(error instanceof RedoubtError) || !error.is('disk.no-space')) throw error;
      unlinkHolder(this.file, this.path);
    }
  }

  /** Whole from its first moment. Not synced: after a power loss every lock is stale anyway. */
  private write(): void {
    const temporary = `${this.path}${unfinished}`;
    try {
      writeFileSync(
        temporary,
        encodeHolder(newHolder(this.kind, this.token, this.reason.purpose, this.reason.machineName)),
      );
      renameSync(temporary, this.path);
    } catch (error) {
      unlinkHolder(this.file, temporary);
      throw asFileError(error, this.file, 'lock');
    }
  }

  private beat(): void {
    try {
      const now = new Date();
      utimesSync(this.path, now, now);
    } catch {
      // Broken or out of reach: the next prove() says so, where it can be answered.
    }
  }
}

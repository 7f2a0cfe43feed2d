import { randomBytes } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { isLocalFileSystem } from './file-system-kind.ts';
import { isRefused, withGate, type Gate } from './gate.ts';
import { putEntry, putNote, unlinkIfThere } from './holder-entry.ts';
import { isAbandoned } from './abandoned.ts';
import { markHolder, type HolderMark } from './holder-mark.ts';
import { encodeNote } from './holder-note.ts';
import { lockBroken, lockedError } from './lock-errors.ts';
import { lockFolder, lookAtLoneHolder, readHolders, sweepHolders } from './lock-folder.ts';
import { newHolder, type LockHolder, type LockKind, type LockReason } from './lock-holder.ts';

/**
 * Locks of links: one writer or many readers, across processes and hosts. FILE is the real path of a link's
 * first segment; each holder has an entry in `FILE.lck/`, whose time is touched every ten seconds.
 *
 * Where there is no room for a folder, a writer takes `FILE.lck` itself by a note in a symbolic link, which
 * needs none: so a redo log can be discarded on a file system that is full. A reader does without, as on a
 * read-only share.
 */

const heartbeatMs = 10_000;

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
 * reader gets `undefined` where the folder can't be written, or has no room, and nobody writes: there is no
 * place for a lock then. Throws disk.locked (with the holder), disk.permission, disk.not-found,
 * disk.no-space, disk.io.
 */
export async function lockFile(file: string, kind: LockKind, reason: LockReason): Promise<FileLock | undefined> {
  if (kind === 'reader' && isLoneReader(file)) return undefined;
  let held: HeldLock | undefined;
  try {
    return await withGate(file, (gate) => {
      const others = sweepHolders(file);
      const rival = others.find((other) => kind === 'writer' || other.holder?.kind !== 'reader');
      if (rival !== undefined) throw lockedError(file, rival);
      gate.prove();
      held = new HeldLock(file, gate, kind, reason);
      return held;
    });
  } catch (error) {
    // The gate could not be left: nobody would ever give back what was taken behind it.
    held?.drop();
    if (kind === 'writer') {
      if (isNoPlace(error) && !isThere(lockFolder(file))) return new HeldLock(file, undefined, kind, reason);
      throw error;
    }
    if (!isRefused(error) && !isNoPlace(error)) throw error;
    const rival = readHolders(file).find((found) => found.holder?.kind !== 'reader' && found.verdict !== 'gone');
    if (rival !== undefined) throw lockedError(file, rival);
    return undefined;
  }
}

/**
 * The writer's lock of a log that a nonpersistent session left (abandoned.ts); `undefined` for every other file.
 * Until it is given back it says the same of the log, so that nothing is forgotten if this process dies too; not
 * if the log `isKept`.
 * Throws as lockFile.
 */
export async function lockAbandoned(
  file: string,
  purpose: string,
  { isKept = false }: { isKept?: boolean } = {},
): Promise<FileLock | undefined> {
  if (!isAbandoned(file, readHolders(file))) return undefined;
  let held: HeldLock | undefined;
  try {
    return await withGate(file, (gate) => {
      // Somebody may have taken the log for his own since.
      if (!isAbandoned(file, readHolders(file))) return undefined;
      sweepHolders(file);
      gate.prove();
      held = new HeldLock(file, gate, 'writer', { purpose, isNonpersistent: !isKept });
      return held;
    });
  } catch (error) {
    held?.drop();
    throw error;
  }
}

/** The first holder that is not proved to be gone, if any; changes nothing. */
export function findLockHolder(file: string): LockHolder | undefined {
  return readHolders(file).find((found) => found.verdict !== 'gone')?.holder;
}

function isNoPlace(error: unknown): boolean {
  return error instanceof RedoubtError && error.is('disk.no-space');
}

function isLoneReader(file: string): boolean {
  const lone = lookAtLoneHolder(file);
  return lone?.holder?.kind === 'reader' && lone.verdict !== 'gone';
}

class HeldLock implements FileLock {
  readonly file: string;
  kind: LockKind;
  private readonly reason: LockReason;
  private readonly token = randomBytes(16).toString('hex');
  /** Without a folder: by a note in its place. */
  private readonly isLone: boolean;
  private readonly path: string;
  private readonly heartbeat: NodeJS.Timeout;
  private mark: HolderMark;
  private isReleased = false;

  /** The gate is held; without one the folder's place is taken, if it is free. */
  constructor(file: string, gate: Gate | undefined, kind: LockKind, reason: LockReason) {
    this.file = file;
    this.kind = kind;
    this.reason = reason;
    this.isLone = gate === undefined;
    this.path = gate === undefined ? lockFolder(file) : join(gate.folder, `${this.token}.json`);
    this.mark = gate === undefined ? this.takePlace() : this.putFirst();
    this.heartbeat = setInterval(() => {
      this.beat();
    }, heartbeatMs);
    this.heartbeat.unref();
  }

  prove(): void {
    if (this.isReleased || !this.mark.isThere()) throw lockBroken(this.file);
  }

  async lower(): Promise<void> {
    if (this.isLone) {
      this.prove();
      this.lowerNow();
      return;
    }
    await withGate(this.file, (gate) => {
      this.prove();
      gate.prove();
      this.lowerNow();
    });
  }

  async release(): Promise<void> {
    if (this.isReleased) return;
    const isMine = !this.isLone || this.mark.isThere();
    this.isReleased = true;
    clearInterval(this.heartbeat);
    this.mark.close();
    try {
      if (this.isLone) {
        if (isMine) unlinkIfThere(this.path);
        return;
      }
      await withGate(this.file, () => {
        unlinkIfThere(this.path);
      }).catch((error: unknown) => {
        // Not even an inode for a gate: without it the folder may stay, but the lock goes.
        if (!isNoPlace(error)) throw error;
        unlinkIfThere(this.path);
      });
    } catch (error) {
      throw asFileError(error, this.file, 'unlock');
    }
  }

  /** Lets go without a gate, as well as that can be done. */
  drop(): void {
    this.isReleased = true;
    clearInterval(this.heartbeat);
    this.mark.close();
    this.removeEntry();
  }

  private removeEntry(): void {
    try {
      unlinkIfThere(this.path);
    } catch {
      // It stays until this process has ended; then it is stale.
    }
  }

  private lowerNow(): void {
    this.kind = 'reader';
    const old = this.mark;
    this.mark = this.put();
    old.close();
  }

  /** An entry that nobody has hold of would stand for this process as long as it lives. */
  private putFirst(): HolderMark {
    try {
      return this.put();
    } catch (error) {
      this.removeEntry();
      throw error;
    }
  }

  private put(): HolderMark {
    try {
      if (this.isLone) putNote(this.path, this.holder());
      else putEntry(this.path, this.holder());
      return markHolder(this.path, isLocalFileSystem(join(this.path, '..')));
    } catch (error) {
      throw asFileError(error, this.file, 'lock');
    }
  }

  /** Making a link fails where there is anything: a folder, or another's note. */
  private takePlace(): HolderMark {
    try {
      symlinkSync(encodeNote(this.holder()), this.path);
      return markHolder(this.path, true);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw lockedError(this.file, lookAtLoneHolder(this.file));
      throw asFileError(error, this.file, 'lock');
    }
  }

  private holder(): LockHolder {
    return newHolder(this.kind, this.token, this.reason);
  }

  private beat(): void {
    try {
      this.mark.beat();
    } catch {
      // Broken or out of reach: the next prove() says so, where it can be answered.
    }
  }
}

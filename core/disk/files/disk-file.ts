import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { syncFolder } from '../../base/atomic-file.ts';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';

/**
 * Positioned I/O on host files, and the only place of the engine where it happens: everything above takes
 * a FileLayer, so that a test can record, refuse or lose what is written. Errors of the host become typed
 * here and nowhere else.
 *
 * Calls are synchronous, because data is expected to be local and hot, and a promise costs more than the
 * read; only `sync` and `readLater` let go of the thread.
 */
export interface DiskFile {
  readonly path: string;
  readonly isWritable: boolean;
  /** Device and inode as text: equal for two paths of one file. */
  readonly identity: string;
  /** The file has no write bit at all: read-only to the engine, whoever runs it. */
  readonly isProtected: boolean;
  /** A block device: its length is fixed, and no file can lie beside it for long. */
  readonly isDevice?: boolean;
  lengthBytes(): number;
  /** Milliseconds since 1970. */
  changedAtMs(): number;
  /**
   * Fills `target` and returns how many bytes there were: fewer only at the end of the file. Where the content
   * has to be fetched first it throws NotLocalError.
   */
  read(offsetBytes: number, target: Uint8Array): number;
  /** The same in the thread pool, with fetching. `target` must be left alone until it is over. */
  readLater(offsetBytes: number, target: Uint8Array): Promise<number>;
  /** Writes all chunks, one after the other. Throws disk.no-space or disk.io; a part may be written then. */
  write(offsetBytes: number, chunks: readonly Uint8Array[]): void;
  setLength(lengthBytes: number): void;
  /**
   * Resolves when data and length are on the device (fdatasync). A failure is final for this file, and throws
   * disk.io whatever its reason; only for a file that was made just now disk.no-space means what it says.
   * `writtenBytes`: how much that will be, where it is known.
   */
  sync(writtenBytes?: number): Promise<void>;
  syncNow(): void;
  /**
   * On files that may be closed and opened again while they are in use: what else than device and inode shows
   * that it is the same file. `prove` gets it before anybody else and throws if it is not.
   */
  onReopen?(prove: (again: DiskFile) => void): void;
  /** Idempotent. Reads and syncs that are under way still end as they should. */
  close(): void;
}

export interface FileLayer {
  /**
   * Opens a regular file, without following it into waiting (pipes, devices).
   * Throws disk.not-found, disk.permission, disk.not-a-disk (no regular file), disk.read-only (a file
   * without a write bit was to be written), disk.unsupported (a file with several hard links was), disk.io.
   */
  open(path: string, isWritable: boolean): DiskFile;
  /** Opens a block device, where the host has such. Throws disk.not-a-disk for anything else, and as `open`. */
  openDevice?(path: string, isWritable: boolean): DiskFile;
  /** Makes a new, empty file for writing. Throws disk.exists, disk.permission, disk.not-found (folder), disk.no-space. */
  create(path: string): DiskFile;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes creations, renames and removals in a folder durable. */
  syncDirectory(path: string): void;
}

/** A sync of so little that the last one was so quick is done on the thread itself. */
const quickSync = { bytes: 256 * 1024, milliseconds: 1 };

/** The real thing. */
export const hostFiles: FileLayer = {
  open: (path, isWritable) => openHost(HostFile, path, isWritable),
  openDevice: (path, isWritable) => openHost(HostDevice, path, isWritable),
  create: (path) => {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    return new NewHostFile(
      path,
      attempt(path, 'create', () => openSync(path, flags, 0o644)),
      true,
    );
  },
  rename: (from, to) => {
    attempt(from, 'rename', () => {
      renameSync(from, to);
    });
  },
  remove: (path) => {
    attempt(path, 'remove', () => {
      unlinkSync(path);
    });
  },
  syncDirectory: syncFolder,
};

function openHost(Kind: typeof HostFile, path: string, isWritable: boolean): DiskFile {
  requireKind(path, Kind === HostDevice);
  const file = new Kind(path, openDescriptor(path, isWritable), isWritable);
  try {
    file.proveUsable();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Opening a device can set it in motion, and a pipe lets go whoever waits at its other end: what is of no use is not
 * even opened. What is open is looked at again.
 */
function requireKind(path: string, isDevice: boolean): void {
  const status = attempt(path, 'open', () => statSync(path));
  if (isDevice ? !status.isBlockDevice() : !status.isFile()) throw uselessFile(path, isDevice);
}

function uselessFile(path: string, isDevice: boolean): RedoubtError {
  const reason = isDevice ? 'neither a regular file nor a block device' : 'not a regular file';
  return new RedoubtError('disk.not-a-disk', `${path} is ${reason}.`, { file: path, reason });
}

function openDescriptor(path: string, isWritable: boolean): number {
  const flags = (isWritable ? constants.O_RDWR : constants.O_RDONLY) | (constants.O_NONBLOCK ?? 0);
  // Reading then leaves no trace on a base, and costs a little less. Only a file's owner may ask for it.
  const { O_NOATIME } = constants;
  if (O_NOATIME !== undefined) {
    try {
      return openSync(path, flags | O_NOATIME);
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw asFileError(error, path, 'open');
    }
  }
  return attempt(path, 'open', () => openSync(path, flags));
}

class HostFile implements DiskFile {
  readonly path: string;
  readonly isWritable: boolean;
  readonly identity: string;
  readonly isProtected: boolean;
  private descriptor: number | undefined;
  private lastSyncMs = Infinity;
  private inPool = 0;
  /** Closed with reads or a sync in the thread pool: the descriptor goes with the last of them, lest its number be another file's. */
  private leaving: number | undefined;
  protected readonly stat: ReturnType<typeof readStat>;

  constructor(path: string, descriptor: number, isWritable: boolean) {
    this.path = path;
    this.descriptor = descriptor;
    this.isWritable = isWritable;
    this.stat = readStat(path, descriptor);
    this.identity = this.stat.identity;
    this.isProtected = (this.stat.mode & 0o222) === 0;
  }

  proveUsable(): void {
    if (!this.stat.isRegular) throw uselessFile(this.path, false);
    this.proveWritable();
  }

  protected proveWritable(): void {
    if (!this.isWritable) return;
    if (this.isProtected) {
      throw new RedoubtError('disk.read-only', `${this.path} is protected against writing.`, {
        file: this.path,
        dependents: [],
      });
    }
    if (this.stat.hardLinks > 1) {
      // Locks go by path: two names of one file could be written by two holders.
      throw new RedoubtError('disk.unsupported', `${this.path} has several hard links.`, {
        file: this.path,
        feature: 'writing to a file with several hard links',
      });
    }
  }

  lengthBytes(): number {
    return readStat(this.path, this.fd()).lengthBytes;
  }

  changedAtMs(): number {
    return readStat(this.path, this.fd()).changedAtMs;
  }

  read(offsetBytes: number, target: Uint8Array): number {
    try {
      let done = readSync(this.fd(), target, 0, target.length, offsetBytes);
      while (done < target.length) {
        const got = readSync(this.fd(), target, done, target.length - done, offsetBytes + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    } catch (error) {
      throw asFileError(error, this.path, 'read');
    }
  }

  readLater(offsetBytes: number, target: Uint8Array): Promise<number> {
    const descriptor = this.fd();
    this.inPool += 1;
    return new Promise((resolve, reject) => {
      let done = 0;
      const readRest = (): void => {
        read(descriptor, target, done, target.length - done, offsetBytes + done, (error, got) => {
          done += got;
          if (error === null && got > 0 && done < target.length) {
            readRest();
            return;
          }
          this.leavePool();
          if (error === null) resolve(done);
          else reject(asFileError(error, this.path, 'read'));
        });
      };
      readRest();
    });
  }

  write(offsetBytes: number, chunks: readonly Uint8Array[]): void {
    try {
      let rest: readonly Uint8Array[] = chunks;
      let at = offsetBytes;
      let length = totalLength(chunks);
      while (length > 0) {
        const first = rest[0] as Uint8Array;
        const done =
          rest.length === 1 ? writeSync(this.fd(), first, 0, first.length, at) : writevSync(this.fd(), rest, at);
        at += done;
        length -= done;
        if (length > 0) rest = dropBytes(rest, done);
      }
    } catch (error) {
      throw asFileError(error, this.path, 'write');
    }
  }

  setLength(lengthBytes: number): void {
    attempt(this.path, 'truncate', () => {
      ftruncateSync(this.fd(), lengthBytes);
    });
  }

  /**
   * A small sync on a quick device is done at once: the way to a pool thread and back takes longer, and nobody
   * is held up for longer than by a cold read. What was slow the last time goes to the pool.
   */
  async sync(writtenBytes = Infinity): Promise<void> {
    const start = performance.now();
    if (writtenBytes <= quickSync.bytes && this.lastSyncMs <= quickSync.milliseconds) this.syncNow();
    else await this.syncInPool();
    this.lastSyncMs = performance.now() - start;
  }

  private syncInPool(): Promise<void> {
    const descriptor = this.fd();
    this.inPool += 1;
    return new Promise((resolve, reject) => {
      fdatasync(descriptor, (error) => {
        this.leavePool();
        if (error === null) resolve();
        else reject(this.syncError(error));
      });
    });
  }

  syncNow(): void {
    try {
      fdatasyncSync(this.fd());
    } catch (error) {
      throw this.syncError(error);
    }
  }

  close(): void {
    if (this.descriptor === undefined) return;
    if (this.inPool > 0) this.leaving = this.descriptor;
    else closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /**
   * A sync that found no room has dropped what it should have stored, as any other that failed, and the next one says
   * nothing of it: unlike a write it can't be tried again, so it must not look as if it could.
   */
  protected syncError(error: unknown): RedoubtError {
    const known = asFileError(error, this.path, 'sync');
    if (!known.is('disk.no-space')) return known;
    const details = { file: this.path, operation: 'sync', errno: errnoOf(error) ?? 'ENOSPC' };
    return new RedoubtError('disk.io', `Could not sync ${this.path} (${details.errno}).`, details, { cause: error });
  }

  private leavePool(): void {
    this.inPool -= 1;
    if (this.inPool > 0 || this.leaving === undefined) return;
    closeSync(this.leaving);
    this.leaving = undefined;
  }

  private fd(): number {
    if (this.descriptor !== undefined) return this.descriptor;
    throw new RedoubtError('disk.io', `${this.path} is closed.`, { file: this.path, operation: 'use', errno: 'EBADF' });
  }
}

/** Whoever makes a file takes all of it back if that fails: want of room is only that. */
class NewHostFile extends HostFile {
  protected override syncError(error: unknown): RedoubtError {
    return asFileError(error, this.path, 'sync');
  }
}

/** A block device of Linux: what it holds, the system tells. */
class HostDevice extends HostFile {
  readonly isDevice = true;

  override proveUsable(): void {
    if (this.stat.isBlockDevice) {
      this.proveWritable();
      this.lengthBytes();
      return;
    }
    throw uselessFile(this.path, true);
  }

  override lengthBytes(): number {
    const { major, minor } = this.stat;
    const sectors = attempt(this.path, 'stat', () =>
      readFileSync(`/sys/dev/block/${String(major)}:${String(minor)}/size`, 'utf8'),
    );
    return Number(sectors) * SECTOR_BYTES;
  }
}

function readStat(path: string, descriptor: number) {
  return attempt(path, 'stat', () => {
    const stat = fstatSync(descriptor, { bigint: true });
    return {
      identity: `${String(stat.dev)}:${String(stat.ino)}`,
      mode: Number(stat.mode),
      isRegular: stat.isFile(),
      isBlockDevice: stat.isBlockDevice(),
      // As Linux packs both into one number.
      major: Number(((stat.rdev >> 8n) & 0xfffn) | ((stat.rdev >> 32n) & 0xffff_f000n)),
      minor: Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xffff_ff00n)),
      hardLinks: Number(stat.nlink),
      lengthBytes: Number(stat.size),
      changedAtMs: Number(stat.mtimeMs),
    };
  });
}

function totalLength(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

/** What is left to write after the first `count` bytes. */
function dropBytes(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = count;
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return left;
}

function attempt<T>(path: string, operation: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asFileError(error, path, operation);
  }
}

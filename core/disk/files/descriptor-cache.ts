import { readFileSync } from 'node:fs';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles, type DiskFile, type FileLayer } from './disk-file.ts';

const MOST_DESCRIPTORS = 512;
/** Where the host does not say how many a process may have: a quarter of what every system allows. */
const USUAL_LIMIT = 256;

/**
 * A file layer whose files share a bounded number of descriptors: chains may have more segments than a
 * process may open. The least recently used file is closed when another has to be opened, by second chance,
 * so that a use costs one flag.
 *
 * | a file is | may it be closed |
 * | --- | --- |
 * | written since its last sync, or being synced or read in the thread pool | no, even if the bound is passed |
 * | anything else | yes; its next use opens it again |
 *
 * What was written must stay with its descriptor, because a failure to store it is told to that one only. A
 * file that is opened again must be the one it was: same device, same inode, and what `onReopen` wants to prove.
 */
export class DescriptorCache implements FileLayer {
  private readonly layer: FileLayer;
  private readonly limit: () => number;
  /** Open files, the one that has waited longest for its next look first. */
  private readonly files = new Set<CachedFile>();

  constructor(layer: FileLayer, limit: () => number) {
    this.layer = layer;
    this.limit = limit;
  }

  open(path: string, isWritable: boolean): DiskFile {
    this.makeRoom();
    return new CachedFile(this, this.layer.open(path, isWritable));
  }

  /** Devices are few and keep their descriptors. */
  openDevice(path: string, isWritable: boolean): DiskFile {
    return (this.layer.openDevice ?? this.layer.open)(path, isWritable);
  }

  create(path: string): DiskFile {
    return this.layer.create(path);
  }

  rename(from: string, to: string): void {
    this.layer.rename(from, to);
  }

  remove(path: string): void {
    this.layer.remove(path);
  }

  syncDirectory(path: string): void {
    this.layer.syncDirectory(path);
  }

  /** How many files are open now. */
  get openCount(): number {
    return this.files.size;
  }

  /** For a cached file that was closed to spare its descriptor. */
  reopen(path: string, isWritable: boolean): DiskFile {
    this.makeRoom();
    return this.layer.open(path, isWritable);
  }

  noteOpen(file: CachedFile): void {
    this.files.add(file);
  }

  noteClosed(file: CachedFile): void {
    this.files.delete(file);
  }

  private makeRoom(): void {
    const limit = this.limit();
    if (this.files.size < limit) return;
    // Twice around at most: the first look takes a flag, the second a descriptor.
    let looks = 2 * this.files.size;
    for (const file of this.files) {
      if (this.files.size < limit || looks-- === 0) return;
      this.files.delete(file);
      if (!file.park()) this.files.add(file);
    }
  }
}

/** Between two uses it may have no descriptor. */
class CachedFile implements DiskFile {
  readonly path: string;
  readonly isWritable: boolean;
  readonly identity: string;
  readonly isProtected: boolean;
  private readonly cache: DescriptorCache;
  /** Absent while parked, and after `close`. */
  private file: DiskFile | undefined;
  private isClosed = false;
  private wasUsed = true;
  private hasUnsynced = false;
  /** Operations in the thread pool, which need the descriptor until they end. */
  private pending = 0;
  private prove: ((again: DiskFile) => void) | undefined;

  constructor(cache: DescriptorCache, file: DiskFile) {
    this.cache = cache;
    this.file = file;
    this.path = file.path;
    this.isWritable = file.isWritable;
    this.identity = file.identity;
    this.isProtected = file.isProtected;
    cache.noteOpen(this);
  }

  onReopen(prove: (again: DiskFile) => void): void {
    this.prove = prove;
  }

  lengthBytes(): number {
    return this.use().lengthBytes();
  }

  changedAtMs(): number {
    return this.use().changedAtMs();
  }

  read(offsetBytes: number, target: Uint8Array): number {
    return this.use().read(offsetBytes, target);
  }

  readLater(offsetBytes: number, target: Uint8Array): Promise<number> {
    const reading = this.use().readLater(offsetBytes, target);
    this.pending++;
    const end = () => {
      this.pending--;
    };
    reading.then(end, end);
    return reading;
  }

  write(offsetBytes: number, chunks: readonly Uint8Array[]): void {
    const file = this.use();
    this.hasUnsynced = true;
    file.write(offsetBytes, chunks);
  }

  setLength(lengthBytes: number): void {
    const file = this.use();
    this.hasUnsynced = true;
    file.setLength(lengthBytes);
  }

  async sync(writtenBytes?: number): Promise<void> {
    // Cleared first: what is written while this runs belongs to the next.
    const hadUnsynced = this.hasUnsynced;
    try {
      await this.whilePending((file) => {
        this.hasUnsynced = false;
        return file.sync(writtenBytes);
      });
    } catch (error) {
      this.hasUnsynced ||= hadUnsynced;
      throw error;
    }
  }

  syncNow(): void {
    this.use().syncNow();
    this.hasUnsynced = false;
  }

  close(): void {
    this.isClosed = true;
    if (this.file === undefined) return;
    this.cache.noteClosed(this);
    this.file.close();
    this.file = undefined;
  }

  /** Gives the descriptor back if it was not used since the last look and nothing needs it; returns whether it did. */
  park(): boolean {
    if (this.wasUsed || this.hasUnsynced || this.pending > 0) {
      this.wasUsed = false;
      return false;
    }
    this.file?.close();
    this.file = undefined;
    return true;
  }

  private use(): DiskFile {
    this.wasUsed = true;
    return this.file ?? this.openAgain();
  }

  private async whilePending<T>(act: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = this.use();
    this.pending++;
    try {
      return await act(file);
    } finally {
      this.pending--;
    }
  }

  /** Throws disk.io (ESTALE) if another file has the name now, and what opening throws. */
  private openAgain(): DiskFile {
    if (this.isClosed) throw this.error('is closed', 'EBADF');
    const file = this.cache.reopen(this.path, this.isWritable);
    try {
      if (file.identity !== this.identity) throw this.error('was replaced', 'ESTALE');
      this.prove?.(file);
    } catch (error) {
      file.close();
      throw error;
    }
    this.file = file;
    this.cache.noteOpen(this);
    return file;
  }

  private error(what: string, errno: string): RedoubtError<'disk.io'> {
    return new RedoubtError('disk.io', `${this.path} ${what}.`, { file: this.path, operation: 'use', errno });
  }
}

/** How many descriptors the links of this process share: 512, or a quarter of what the host allows it, if that is less. */
function descriptorLimit(): number {
  let allowed: number | undefined;
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  } catch {
    // Not on this system.
  }
  if (allowed === undefined || Number.isNaN(allowed)) return USUAL_LIMIT;
  return Math.max(1, Math.min(MOST_DESCRIPTORS, Math.floor(allowed / 4)));
}

let known: number | undefined;

/** The layer through which links are opened. */
export const linkFiles: FileLayer = new DescriptorCache(hostFiles, () => (known ??= descriptorLimit()));

import { posix } from 'node:path';
import { constants } from 'node:fs';
import { SeededRandom } from '../seeded-random.ts';
import type { HostCall, Trouble } from './host-faults.ts';
import { hostError, LifeEnded, memoryRoot, type Life, type MemoryHost } from './memory-host.ts';
import type { Inode } from './stored-disk.ts';

/** Above every descriptor that the real host gives. */
export const firstDescriptor = 1_000_000;

interface OpenFile {
  readonly host: MemoryHost;
  readonly life: Life;
  readonly inode: Inode;
  readonly path: string;
  readonly isWritable: boolean;
  position: number;
}

const openFiles = new Map<number, OpenFile>();
let lastDescriptor = firstDescriptor;

interface Found {
  readonly folder: Inode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** The calls of `node:fs` over a memory host, as one process makes them. */
export class HostCalls {
  constructor(
    private readonly host: MemoryHost,
    private readonly life: Life,
  ) {}

  open(path: string, flags: number, mode: number): number {
    const isWritable = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    const makes = (flags & constants.O_CREAT) !== 0;
    const follows = (flags & constants.O_NOFOLLOW) === 0 && (flags & constants.O_EXCL) === 0;
    const found = this.find(path, makes, follows);
    if (found.inode !== undefined && makes && (flags & constants.O_EXCL) !== 0) throw hostError('EEXIST', 'open', path);
    if (found.inode === undefined && !makes) {
      this.enter('open', path);
      throw hostError('ENOENT', 'open', path);
    }
    this.enter(found.inode === undefined ? 'create' : 'open', path);
    let { inode } = found;
    if (inode === undefined) {
      this.takeRoom(path);
      inode = this.host.disk.makeInode('file', mode & 0o755);
      inode.links = 1;
      inode.madeBy = this.life;
      this.touch(inode);
      this.touch(found.folder);
      this.host.disk.change({ folder: found.folder, name: found.name, inode });
    } else if (inode.kind === 'symbolic-link') {
      throw hostError('ELOOP', 'open', path);
    } else if (inode.kind === 'folder' && isWritable) {
      throw hostError('EISDIR', 'open', path);
    } else if ((flags & constants.O_TRUNC) !== 0 && isWritable) {
      inode.content.setLength(0);
      this.touch(inode);
    }
    const descriptor = ++lastDescriptor;
    openFiles.set(descriptor, { host: this.host, life: this.life, inode, path, isWritable, position: 0 });
    return descriptor;
  }

  read(descriptor: number, target: Uint8Array, position: number | null): number {
    const file = this.file(descriptor);
    this.enter('read', file.path);
    if (file.inode.kind === 'folder') throw hostError('EISDIR', 'read', file.path);
    const at = position ?? file.position;
    const length = file.inode.content.read(at, target);
    if (position === null) file.position += length;
    return length;
  }

  write(descriptor: number, chunks: readonly Uint8Array[], position: number | null): number {
    const file = this.file(descriptor);
    const trouble = this.enter('write', file.path);
    if (!file.isWritable) throw hostError('EBADF', 'write', file.path);
    let bytes: Uint8Array = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    if (trouble?.kind === 'short') bytes = bytes.subarray(0, Math.max(1, bytes.length >> 1));
    const at = position ?? file.position;
    this.takeRoom(file.path);
    file.inode.content.write(at, bytes);
    if (position === null) file.position += bytes.length;
    this.touch(file.inode);
    return bytes.length;
  }

  truncate(descriptor: number, lengthBytes: number): void {
    const file = this.file(descriptor);
    this.enter('truncate', file.path);
    file.inode.content.setLength(lengthBytes);
    this.touch(file.inode);
  }

  /** Returns what ends the sync. */
  beginSync(descriptor: number): () => void {
    const file = this.file(descriptor);
    const isFolder = file.inode.kind === 'folder';
    const trouble = this.enter(isFolder ? 'sync-folder' : 'sync', file.path);
    if (trouble?.kind === 'lost-sync') this.failSync(file, trouble);
    if (isFolder)
      return () => {
        this.host.disk.syncFolder(file.inode);
      };
    const end = file.inode.content.beginSync();
    return () => {
      if (this.life.isOver) throw new LifeEnded();
      end();
    };
  }

  close(descriptor: number): void {
    openFiles.delete(descriptor);
  }

  statDescriptor(descriptor: number): Inode {
    return this.file(descriptor).inode;
  }

  pathOf(descriptor: number): string {
    return this.file(descriptor).path;
  }

  /** `follows` false: of a symbolic link itself. */
  stat(path: string, follows = true): Inode {
    this.enter('look', path);
    const { inode } = this.find(path, false, follows);
    if (inode === undefined) throw hostError('ENOENT', 'stat', path);
    return inode;
  }

  readLink(path: string): string {
    const inode = this.stat(path, false);
    if (inode.kind !== 'symbolic-link') throw hostError('EINVAL', 'readlink', path);
    return inode.target;
  }

  /** Needs no room: a short one lives in its inode. */
  makeLink(target: string, path: string): void {
    const { folder, name, inode } = this.find(path, true, false);
    if (inode !== undefined) throw hostError('EEXIST', 'symlink', path);
    this.enter('symbolic-link', path);
    const made = this.host.disk.makeInode('symbolic-link', 0o777);
    made.links = 1;
    made.target = target;
    made.madeBy = this.life;
    this.touch(made);
    this.touch(folder);
    this.host.disk.change({ folder, name, inode: made });
  }

  list(path: string): [string, Inode][] {
    this.enter('list', path);
    const { inode } = this.find(path, false);
    if (inode === undefined) throw hostError('ENOENT', 'scandir', path);
    if (inode.kind !== 'folder') throw hostError('ENOTDIR', 'scandir', path);
    return [...inode.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  makeFolder(path: string, mode: number): void {
    const { folder, name, inode } = this.find(path, true);
    if (inode !== undefined) throw hostError('EEXIST', 'mkdir', path);
    this.enter('make-folder', path);
    this.takeRoom(path);
    const made = this.host.disk.makeInode('folder', mode & 0o755);
    made.links = 2;
    this.touch(made);
    this.touch(folder);
    this.host.disk.change({ folder, name, inode: made });
  }

  removeFolder(path: string): void {
    const { folder, name, inode } = this.find(path, false, false);
    if (inode === undefined) throw hostError('ENOENT', 'rmdir', path);
    if (inode.kind !== 'folder') throw hostError('ENOTDIR', 'rmdir', path);
    if (inode.entries.size > 0) throw hostError('ENOTEMPTY', 'rmdir', path);
    this.enter('remove', path);
    this.touch(folder);
    this.host.disk.change({ folder, name, inode: undefined });
  }

  unlink(path: string): void {
    const { folder, name, inode } = this.find(path, false, false);
    if (inode === undefined) throw hostError('ENOENT', 'unlink', path);
    if (inode.kind === 'folder') throw hostError('EISDIR', 'unlink', path);
    this.enter('remove', path);
    inode.links--;
    this.touch(folder);
    inode.changedMs = this.host.time.now();
    this.host.disk.change({ folder, name, inode: undefined });
  }

  rename(from: string, to: string): void {
    const source = this.find(from, false, false);
    const target = this.find(to, true, false);
    if (source.inode === undefined) throw hostError('ENOENT', 'rename', from);
    if (target.inode === source.inode) return;
    if (target.inode?.kind === 'folder') {
      if (source.inode.kind !== 'folder') throw hostError('EISDIR', 'rename', from);
      if (target.inode.entries.size > 0) throw hostError('ENOTEMPTY', 'rename', from);
    }
    this.enter('rename', from);
    if (target.inode !== undefined) target.inode.links--;
    source.inode.changedMs = this.host.time.now();
    this.touch(source.folder);
    this.touch(target.folder);
    this.host.disk.change(
      { folder: source.folder, name: source.name, inode: undefined },
      { folder: target.folder, name: target.name, inode: source.inode },
    );
  }

  link(from: string, to: string): void {
    const source = this.find(from, false, false);
    const target = this.find(to, true, false);
    if (source.inode === undefined) throw hostError('ENOENT', 'link', from);
    if (target.inode !== undefined) throw hostError('EEXIST', 'link', to);
    this.enter('link', to);
    source.inode.links++;
    source.inode.changedMs = this.host.time.now();
    this.touch(target.folder);
    this.host.disk.change({ folder: target.folder, name: target.name, inode: source.inode });
  }

  changeMode(inode: Inode, path: string, mode: number): void {
    this.enter('attributes', path);
    inode.mode = mode & 0o777;
    inode.changedMs = this.host.time.now();
  }

  setTimes(inode: Inode, path: string, modifiedMs: number): void {
    this.enter('attributes', path);
    inode.modifiedMs = modifiedMs;
    inode.changedMs = this.host.time.now();
  }

  freeBytes(path: string): number {
    this.enter('look', path);
    return Math.max(0, this.host.capacityBytes - this.host.usedBytes());
  }

  now(): number {
    return this.host.time.now();
  }

  private enter(does: HostCall['does'], path: string): Trouble | undefined {
    return this.host.enter(this.life, { does, path });
  }

  private failSync(file: OpenFile, { errno, dropsCache }: { errno: string; dropsCache: boolean }): never {
    if (file.inode.kind === 'file')
      file.inode.content.failSync(new SeededRandom(this.host.random.below(1e9)), dropsCache);
    throw hostError(errno, 'fsync', file.path);
  }

  private takeRoom(path: string): void {
    if (this.host.capacityBytes < 1e12 && this.host.usedBytes() >= this.host.capacityBytes)
      throw hostError('ENOSPC', 'write', path);
  }

  private touch(inode: Inode): void {
    inode.modifiedMs = inode.changedMs = this.host.time.now();
  }

  private file(descriptor: number): OpenFile {
    const file = openFiles.get(descriptor);
    if (file === undefined) throw hostError('EBADF', 'use', String(descriptor));
    if (file.life.isOver || this.life.isOver) throw new LifeEnded();
    return file;
  }

  /** `makes`: the last part may be missing. `follows`: a symbolic link in the last place is followed, a few deep. */
  private find(path: string, makes: boolean, follows = true, depth = 0): Found {
    const parts = posix
      .relative(memoryRoot, posix.resolve(path))
      .split('/')
      .filter((part) => part !== '');
    const name = parts.pop();
    let folder = this.host.disk.root;
    if (name === undefined) return { folder, name: '', inode: folder };
    if (Buffer.byteLength(name) > 255) throw hostError('ENAMETOOLONG', 'open', path);
    for (const part of parts) {
      const next = folder.entries.get(part);
      if (next === undefined) throw hostError('ENOENT', 'open', path);
      if (next.kind !== 'folder') throw hostError('ENOTDIR', 'open', path);
      folder = next;
    }
    const inode = folder.entries.get(name);
    if (follows && inode?.kind === 'symbolic-link') {
      if (depth > 8) throw hostError('ELOOP', 'open', path);
      const target = posix.resolve(posix.dirname(path), inode.target);
      if (!target.startsWith(`${memoryRoot}/`)) throw hostError('ENOENT', 'open', path);
      return this.find(target, makes, true, depth + 1);
    }
    if (makes && inode === undefined && folder.links === 0 && folder !== this.host.disk.root)
      throw hostError('ENOENT', 'open', path);
    return { folder, name, inode };
  }
}

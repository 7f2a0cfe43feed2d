import { constants } from 'node:fs';
import type { Inode } from './stored-disk.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** As `fs.Stats`, or with `bigint` as `fs.BigIntStats`; taken when it is made. */
export class HostStat {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
  readonly mode: number | bigint;
  readonly nlink: number | bigint;
  readonly size: number | bigint;
  readonly mtimeMs: number | bigint;
  readonly ctimeMs: number | bigint;
  readonly blocks: number | bigint;
  readonly uid: number | bigint;
  readonly gid: number | bigint;
  readonly rdev: number | bigint;
  readonly blksize: number | bigint;

  constructor(
    private readonly inode: Inode,
    bigint: boolean,
  ) {
    const type = { file: constants.S_IFREG, folder: constants.S_IFDIR, 'symbolic-link': constants.S_IFLNK }[inode.kind];
    const number = bigint ? (value: number) => BigInt(Math.floor(value)) : (value: number) => value;
    this.dev = number(77);
    this.ino = number(inode.number);
    this.mode = number(type | inode.mode);
    this.nlink = number(inode.links);
    this.size = number(inode.content.lengthBytes);
    this.mtimeMs = number(inode.modifiedMs);
    this.ctimeMs = number(inode.changedMs);
    this.blocks = number(inode.content.current.storedBytes() / 512);
    this.uid = number(owner.uid);
    this.gid = number(owner.gid);
    this.rdev = number(0);
    this.blksize = number(4096);
  }

  get mtimeNs(): bigint {
    return BigInt(this.mtimeMs) * 1_000_000n;
  }

  get ctimeNs(): bigint {
    return BigInt(this.ctimeMs) * 1_000_000n;
  }

  get mtime(): Date {
    return new Date(Number(this.mtimeMs));
  }

  isFile(): boolean {
    return this.inode.kind === 'file';
  }
  isDirectory(): boolean {
    return this.inode.kind === 'folder';
  }
  isSymbolicLink(): boolean {
    return this.inode.kind === 'symbolic-link';
  }
  isBlockDevice(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return false;
  }
  isFIFO(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
}

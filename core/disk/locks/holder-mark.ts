import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lstatSync,
  lutimesSync,
  openSync,
  readSync,
  readlinkSync,
  statSync,
  utimesSync,
} from 'node:fs';

/** A holder's hold on its own entry: whether it is still there, at little cost, and its sign of life. */
export interface HolderMark {
  /** False once the entry was deleted or replaced. */
  isThere(): boolean;
  /** The heartbeat. */
  beat(): void;
  /** Idempotent. */
  close(): void;
}

/**
 * `path`: the own entry, just put there. On a local file system an entry that is a file is kept open, and
 * the proof is one fstat of it: who breaks a lock deletes the entry, and then it has no name left. That can't
 * be told of an entry whose whole folder was carried off; the heartbeat finds that out. On a shared file
 * system only opening by name asks the server, so the entry is opened and compared each time.
 */
export function markHolder(path: string, isLocalFileSystem: boolean): HolderMark {
  if (lstatSync(path).isSymbolicLink()) return new NoteMark(path);
  return isLocalFileSystem ? new OpenMark(path) : new NamedMark(path);
}

class OpenMark implements HolderMark {
  private readonly path: string;
  private descriptor: number | undefined;
  private readonly inode: number;
  private missedBeats = 0;

  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, constants.O_RDONLY);
    this.inode = fstatSync(this.descriptor).ino;
  }

  isThere(): boolean {
    return this.descriptor !== undefined && this.missedBeats < 2 && fstatSync(this.descriptor).nlink > 0;
  }

  beat(): void {
    if (this.descriptor === undefined) return;
    const now = new Date();
    futimesSync(this.descriptor, now, now);
    // Who breaks it moves it aside for a moment and looks again: one miss means nothing.
    const isInPlace = statSync(this.path, { throwIfNoEntry: false })?.ino === this.inode;
    this.missedBeats = isInPlace ? 0 : this.missedBeats + 1;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

class NamedMark implements HolderMark {
  private readonly path: string;
  private readonly content: Buffer;

  constructor(path: string) {
    this.path = path;
    this.content = readStart(path);
  }

  isThere(): boolean {
    try {
      return readStart(this.path).equals(this.content);
    } catch {
      return false;
    }
  }

  beat(): void {
    const now = new Date();
    utimesSync(this.path, now, now);
  }

  close(): void {
    // Nothing is held.
  }
}

class NoteMark implements HolderMark {
  private readonly path: string;
  private readonly text: string;

  constructor(path: string) {
    this.path = path;
    this.text = readlinkSync(path);
  }

  isThere(): boolean {
    try {
      return readlinkSync(this.path) === this.text;
    } catch {
      return false;
    }
  }

  beat(): void {
    const now = new Date();
    lutimesSync(this.path, now, now);
  }

  close(): void {
    // Nothing is held.
  }
}

/** An entry is one write and never changed: its start, with the random token in it, is all of it. */
function readStart(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const bytes = Buffer.alloc(2048);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}

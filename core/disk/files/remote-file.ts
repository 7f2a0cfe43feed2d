import { RedoubtError } from '../../base/redoubt-error.ts';
import type { DiskFile } from './disk-file.ts';
import { NotLocalError } from './not-local.ts';

/** Content that lies elsewhere and is fetched, part by part, as it is needed. */
export interface RemoteSource {
  /** What to call it in errors. */
  readonly path: string;
  /** Equal for two sources of one file. */
  readonly identity: string;
  readonly lengthBytes: number;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
  /** Whether [offsetBytes, offsetBytes + lengthBytes), which lies inside, can be read at once. */
  isLocal(offsetBytes: number, lengthBytes: number): boolean;
  /**
   * Brings a range that lies inside. It must end, with a RedoubtError if need be: requests wait for it, and so
   * does closing. May be asked for a range again that is under way.
   */
  fetch(offsetBytes: number, lengthBytes: number): Promise<void>;
  /** Fills `target` with content that is local. */
  readLocal(offsetBytes: number, target: Uint8Array): void;
  close(): void;
}

/** A remote source as a file for reading. Its reads throw NotLocalError until the content has been fetched. */
export class RemoteFile implements DiskFile {
  readonly path: string;
  readonly isWritable = false;
  readonly identity: string;
  readonly isProtected = true;

  constructor(private readonly source: RemoteSource) {
    this.path = source.path;
    this.identity = source.identity;
  }

  lengthBytes(): number {
    return this.source.lengthBytes;
  }

  changedAtMs(): number {
    return this.source.changedAtMs;
  }

  read(offsetBytes: number, target: Uint8Array): number {
    const count = this.available(offsetBytes, target);
    if (count === 0) return 0;
    if (!this.source.isLocal(offsetBytes, count))
      throw new NotLocalError(this.path, () => this.source.fetch(offsetBytes, count));
    this.source.readLocal(offsetBytes, count === target.length ? target : target.subarray(0, count));
    return count;
  }

  async readLater(offsetBytes: number, target: Uint8Array): Promise<number> {
    const count = this.available(offsetBytes, target);
    if (count > 0 && !this.source.isLocal(offsetBytes, count)) await this.source.fetch(offsetBytes, count);
    return this.read(offsetBytes, target);
  }

  write(): never {
    throw this.readOnly();
  }

  setLength(): never {
    throw this.readOnly();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  syncNow(): void {
    // Nothing was written.
  }

  close(): void {
    this.source.close();
  }

  private available(offsetBytes: number, target: Uint8Array): number {
    return Math.max(0, Math.min(target.length, this.source.lengthBytes - offsetBytes));
  }

  private readOnly(): RedoubtError<'disk.read-only'> {
    return new RedoubtError('disk.read-only', `${this.path} is remote and only read.`, {
      file: this.path,
      dependents: [],
    });
  }
}

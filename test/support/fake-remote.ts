import type { RedoubtError } from '../../core/base/redoubt-error.ts';
import type { DiskFile, FileLayer } from '../../core/disk/files/disk-file.ts';
import { RemoteFile, type RemoteSource } from '../../core/disk/files/remote-file.ts';

const blockBytes = 64 * 1024;

/** A file behind a slow wire: it comes in blocks of 64 KiB, each when the test lets it. */
export class FakeRemote implements RemoteSource {
  readonly path: string;
  readonly identity: string;
  readonly lengthBytes: number;
  readonly changedAtMs = 0;
  /** Blocks that were asked for, in order; more than once where they were asked for again. */
  readonly asked: number[] = [];
  /** Set: what fetching rejects with. */
  failure: RedoubtError | undefined;
  /** Answer at once, without waiting for `deliver`. */
  isPrompt = false;
  isClosed = false;
  private readonly local = new Set<number>();
  private waiting: (() => void)[] = [];

  constructor(private readonly file: DiskFile) {
    this.path = file.path;
    this.identity = file.identity;
    this.lengthBytes = file.lengthBytes();
  }

  isLocal(offsetBytes: number, lengthBytes: number): boolean {
    return this.blocks(offsetBytes, lengthBytes).every((block) => this.local.has(block));
  }

  async fetch(offsetBytes: number, lengthBytes: number): Promise<void> {
    const blocks = this.blocks(offsetBytes, lengthBytes).filter((block) => !this.local.has(block));
    this.asked.push(...blocks);
    if (this.isPrompt) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failure !== undefined) throw this.failure;
    for (const block of blocks) this.local.add(block);
  }

  readLocal(offsetBytes: number, target: Uint8Array): void {
    if (!this.isLocal(offsetBytes, target.length)) throw new Error('read before it was there');
    this.file.read(offsetBytes, target);
  }

  close(): void {
    this.isClosed = true;
  }

  get waitingFor(): number {
    return this.waiting.length;
  }

  /** Ends all fetches that are under way. */
  deliver(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Forgets what it had, as a small cache does. */
  forget(): void {
    this.local.clear();
  }

  private blocks(offsetBytes: number, lengthBytes: number): number[] {
    const first = Math.floor(offsetBytes / blockBytes);
    const last = Math.floor((offsetBytes + Math.max(1, lengthBytes) - 1) / blockBytes);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }
}

/** Files of which those of `remotes` lie elsewhere. */
export function withRemotes(files: FileLayer, remotes: ReadonlyMap<string, FakeRemote>): FileLayer {
  return {
    open: (path, isWritable) => {
      const remote = remotes.get(path);
      return remote === undefined ? files.open(path, isWritable) : new RemoteFile(remote);
    },
    create: (path) => files.create(path),
    rename: (from, to) => {
      files.rename(from, to);
    },
    remove: (path) => {
      files.remove(path);
    },
    syncDirectory: (path) => {
      files.syncDirectory(path);
    },
  };
}

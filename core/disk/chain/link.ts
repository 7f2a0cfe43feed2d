import { randomBytes } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { linkFiles } from '../files/descriptor-cache.ts';
import type { DiskFile, FileLayer } from '../files/disk-file.ts';
import type { OpenedLink, ParentSpans } from '../formats/disk-format.ts';
import type { Extent } from '../formats/extent.ts';
import type { LinkBooks, StateChange } from '../formats/link-books.ts';
import type { LinkFormat, LinkRecord, LinkState } from '../formats/link-state.ts';
import { openFormat } from '../formats/open-format.ts';
import { lastGeneration, nextGeneration } from '../generation.ts';
import { allocatedRuns, type AllocatedRun } from './allocated-runs.ts';
import { FlushEpochs } from './flush-epochs.ts';

export interface LinkRequest {
  /** All files in order. */
  readonly files: readonly string[];
  /** As the link's head says; absent: the first file's content says. */
  readonly format?: LinkFormat;
  readonly isWritable: boolean;
  readonly layer?: FileLayer;
  /** Needed only for foreign redo logs whose segments state the whole disk's capacity. */
  readonly parent?: ParentSpans;
  /**
   * A commit's values; `keep` for work that leaves what is read as it is; else a fresh content id and the next
   * generation are drawn.
   */
  readonly identity?:
    | 'keep'
    | {
        readonly generation: number;
        readonly contentId: string;
        readonly committing?: string;
        /** For a link that has no ids yet: it gets them. */
        readonly linkId?: string | undefined;
      };
  /** False for a log that need not outlive its session: nothing is synced. Default true. */
  readonly isDurable?: boolean;
  /** Called before headers and tables are written; throws when the right to write is lost. That is final. */
  readonly checkRight?: () => void;
}

/** A lock is broken only after it was silent for eleven seconds: one that was proved this lately is still held. */
const RIGHT_IS_FRESH_MS = 2000;

/**
 * One level of a chain: a base or a redo log, all its segments open. Reads and allocations go to its
 * extents; what concerns the link as a whole is here: who it is, its generation, its flushes, its end.
 *
 * | state | CLEAN | how it gets there |
 * | --- | --- | --- |
 * | opened | as found | nothing is written by opening |
 * | begun | off | `beginWriting`, before the first write; a segment follows before its own |
 * | failed | off | a sync failed or the right to write was lost: every call throws until it is opened again |
 * | finished | on | `finishClean`, after the last flush |
 */
export class Link {
  /** The first file's path. */
  readonly path: string;
  /** All files in order. */
  readonly files: readonly string[];
  /** Of the first file: equal for two paths of one file. */
  readonly fileIdentity: string;
  readonly format: LinkFormat;
  /** How the format was spoken, where there are dialects. */
  readonly dialect: string | undefined;
  /** In the disk's order, without gaps. */
  readonly extents: readonly Extent[];
  readonly capacityBytes: number;
  readonly isWritable: boolean;
  private readonly books: LinkBooks;
  private readonly otherFiles: readonly DiskFile[];
  private readonly epochs: FlushEpochs;
  private readonly identity: LinkRequest['identity'];
  private readonly proveRight: LinkRequest['checkRight'];
  private isDurable: boolean;
  private rightCheckedAt = 0;
  private failure: unknown;
  private isClosed = false;

  private constructor(format: LinkFormat, opened: OpenedLink, request: LinkRequest) {
    const { extents, books, dialect, otherFiles = [] } = opened;
    this.files = request.files;
    this.path = request.files[0] as string;
    this.fileIdentity = opened.identity;
    this.format = format;
    this.dialect = dialect;
    this.extents = extents;
    this.books = books;
    this.otherFiles = otherFiles;
    this.capacityBytes = extents.reduce((sum, extent) => sum + extent.spanBytes, 0);
    this.isWritable = request.isWritable;
    this.identity = request.identity;
    this.proveRight = request.checkRight;
    this.isDurable = request.isDurable ?? true;
    this.epochs = new FlushEpochs({
      extents,
      isDurable: this.isDurable,
      checkAlive: () => {
        this.checkAlive();
      },
      beforeMetadata: () => {
        this.checkRight();
      },
      onFailure: (error) => {
        this.failure = error;
      },
    });
  }

  /**
   * Opens all files of a link and checks that they belong together. Writes nothing.
   * Throws disk.segment-missing, disk.segment-picked (the first file is not segment 1), disk.not-a-disk,
   * disk.unsupported, disk.corrupt, disk.not-found, disk.permission, disk.read-only, disk.io.
   */
  static open(request: LinkRequest): Link {
    const { files, isWritable, parent, layer = linkFiles } = request;
    const { format, opened } = openFormat(request.format, { files, isWritable, layer, parent });
    const link = new Link(format, opened, request);
    try {
      if (isWritable) checkCanChange(link);
      // Whoever wrote it last was cut off: what is read of that need not be on the device before the first flush.
      if (isWritable && !link.isClean) for (const extent of link.extents) extent.hasUnsynced = true;
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  get first(): Extent {
    const first = this.extents[0];
    assert(first !== undefined, 'a link has a first extent');
    return first;
  }

  /** What the first file says, which speaks for the link. */
  get state(): LinkState {
    return this.books.state;
  }

  get spansBytes(): number[] {
    return this.extents.map((extent) => extent.spanBytes);
  }

  get record(): LinkRecord | undefined {
    return this.state.record;
  }

  /** Whether every file was closed clean. */
  get isClean(): boolean {
    return this.books.isClean;
  }

  /** Whether it has been written since it was opened: its content id is the one that it will keep. */
  get hasBegun(): boolean {
    return this.extents.some((extent) => extent.isBegun);
  }

  /** Throws disk.corrupt where a file has lost grains at its end: whoever will write asks before he begins. */
  refuseCutOff(): void {
    for (const extent of this.extents) extent.refuseCutOff?.();
  }

  /** Bytes behind the metadata of all files: what the link takes on the host, found without reading a table. */
  allocatedBytes(): number {
    return this.extents.reduce((sum, extent) => sum + extent.dataBytes(), 0);
  }

  /** Whether no grain is allocated. Cheap for a link that never had one; else it reads tables until it meets one. */
  isEmpty(): boolean {
    return this.extents.every((extent) => extent.dataBytes() === 0 || isWithoutGrains(extent));
  }

  /** All that is allocated, in the order of the files; see `allocatedRuns`. */
  allocatedRuns(): Generator<AllocatedRun> {
    return allocatedRuns(this.extents);
  }

  /**
   * To be called before any write to `extent`. The first call of all: CLEAN off in segment 0, synced; then
   * its generation becomes max(now, old + 1) and its content id a new one, in one sector write, synced. From
   * then on every child of the old content knows that its parent has changed. A further segment takes the
   * same values before its own first write. Throws disk.no-space (try again) or disk.io (final).
   */
  beginWriting(extent: Extent = this.first): void {
    this.checkAlive();
    if (extent.isBegun) {
      // Whoever slept long enough to be taken for dead must not lay data over what his successor has written.
      if (Math.abs(Date.now() - this.rightCheckedAt) > RIGHT_IS_FRESH_MS) this.checkRight();
      return;
    }
    assert(this.isWritable, 'a link opened for writing');
    this.checkRight();
    try {
      this.books.begin(extent, this.isDurable, (state) => this.withFreshIdentity(state));
    } catch (error) {
      if (!(error instanceof RedoubtError) || !error.is('disk.no-space')) this.failure = error;
      throw error;
    }
  }

  /** Throws disk.io for a link that has failed: the kernel may have dropped what it held of it. */
  checkAlive(): void {
    if (this.failure !== undefined) throw this.failedError();
  }

  /** From now on every call throws: somebody else's view of the link is not to be changed any more. */
  fail(error: unknown): void {
    this.failure ??= error;
  }

  /** To be told of every write. */
  noteWritten(bytes: number): void {
    this.epochs.noteWritten(bytes);
  }

  /** Resolves when all finished writes are durable. Throws disk.no-space (try again) or disk.io (final). */
  async flush(): Promise<void> {
    this.checkAlive();
    await this.epochs.flush();
  }

  /** Everything so far, and from now on, outlives the session. */
  async makeDurable(): Promise<void> {
    this.isDurable = true;
    this.epochs.makeDurable();
    await this.flush();
  }

  /**
   * Flushes and sets CLEAN in every segment that was written, synced. `allSegments`: also in those that were
   * found unclean. The link stays open and may be written again. Requests must have ended.
   */
  async finishClean(options: { allSegments?: boolean } = {}): Promise<void> {
    if (!this.isWritable) return;
    await this.flush();
    this.epochs.stop();
    if (options.allSegments !== true && !this.extents.some((extent) => extent.isBegun)) return;
    this.checkRight();
    this.books.finishClean(options.allSegments === true ? 'all' : 'begun', this.isDurable);
  }

  /** Changes what the link says of itself, synced: in the first file, or in all, the first last. */
  changeState(scope: 'first' | 'all', change: StateChange): void {
    this.books.change(scope, change, this.isDurable);
  }

  /** Lets go of the files as they are. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.epochs.stop();
    for (const { file } of this.extents) file.close();
    for (const file of this.otherFiles) file.close();
  }

  /** `finishClean`, then `close`, which happens even if the first fails. */
  async closeClean(): Promise<void> {
    if (this.isClosed) return;
    try {
      await this.finishClean();
    } finally {
      this.close();
    }
  }

  private checkRight(): void {
    try {
      this.proveRight?.();
      this.rightCheckedAt = Date.now();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private withFreshIdentity(state: LinkState): LinkState {
    const { identity } = this;
    if (identity === 'keep') return state;
    const generation = identity?.generation ?? nextGeneration(state.generation);
    const linkId = state.record?.linkId ?? identity?.linkId;
    if (linkId === undefined) return { ...state, generation };
    const contentId = identity?.contentId ?? randomBytes(16).toString('hex');
    const committing = identity?.committing;
    const { isMixed: _, ...rest } = state.record ?? {};
    const record = { ...rest, linkId, contentId, ...(committing === undefined ? {} : { committing }) };
    return { ...state, generation, record };
  }

  private failedError(): Error {
    if (this.failure instanceof RedoubtError && this.failure.code !== 'disk.io') return this.failure;
    const options = { cause: this.failure };
    return new RedoubtError(
      'disk.io',
      `${this.path} failed and takes no more requests.`,
      { file: this.path, operation: 'use', errno: 'EIO' },
      options,
    );
  }
}

function isWithoutGrains(extent: Extent): boolean {
  const places = new Uint32Array(4096);
  for (let grain = 0; grain < extent.grainCount; grain += places.length) {
    const count = Math.min(places.length, extent.grainCount - grain);
    if (extent.readPlaces(grain, count, places) > 0) return false;
  }
  return true;
}

/** A file without content ids tells its children by its generation alone, so that one must still be able to rise. */
function checkCanChange({ path, state }: Link): void {
  if (state.record !== undefined || state.generation < lastGeneration) return;
  throw new RedoubtError('disk.unsupported', `The generation of ${path} can't rise any more.`, {
    file: path,
    feature: 'writing to a file of the last generation',
  });
}

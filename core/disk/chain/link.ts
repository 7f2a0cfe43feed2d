import { randomBytes } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles, type FileLayer } from '../disk-file.ts';
import { CowdExtent } from '../formats/cowd/cowd-extent.ts';
import type { CowdHeader } from '../formats/cowd/header.ts';
import type { LinkRecord } from '../formats/link-state.ts';
import { lastGeneration, nextGeneration } from '../generation.ts';
import { allocatedRuns, type AllocatedRun } from './allocated-runs.ts';
import { FlushEpochs } from './flush-epochs.ts';
import { placeExtents, type ParentSpans } from './place-extents.ts';

export interface LinkRequest {
  /** All segments in order. */
  readonly files: readonly string[];
  readonly isWritable: boolean;
  readonly layer?: FileLayer;
  /** Needed only for foreign redo logs whose segments state the whole disk's capacity. */
  readonly parent?: ParentSpans;
  /** A commit's values; else a fresh content id and the next generation are drawn. */
  readonly identity?: { readonly generation: number; readonly contentId: string; readonly committing?: string };
  /** False for a log that need not outlive its session: nothing is synced. Default true. */
  readonly isDurable?: boolean;
  /** Called before headers and tables are written; throws when the right to write is lost. That is final. */
  readonly checkRight?: () => void;
}

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
  /** The first segment's path. */
  readonly path: string;
  readonly extents: readonly CowdExtent[];
  readonly capacityBytes: number;
  readonly isWritable: boolean;
  private readonly epochs: FlushEpochs;
  private readonly identity: LinkRequest['identity'];
  private readonly proveRight: LinkRequest['checkRight'];
  private isDurable: boolean;
  private failure: unknown;
  private isClosed = false;

  private constructor(extents: readonly CowdExtent[], request: LinkRequest) {
    this.extents = extents;
    this.path = this.first.path;
    this.capacityBytes = extents.reduce((sum, extent) => sum + extent.spanBytes, 0);
    this.isWritable = request.isWritable;
    this.identity = request.identity;
    this.proveRight = request.checkRight;
    this.isDurable = request.isDurable ?? true;
    this.epochs = new FlushEpochs({
      extents,
      isDurable: this.isDurable,
      beforeMetadata: () => {
        this.checkRight();
      },
      onFailure: (error) => {
        this.failure = error;
      },
    });
  }

  /**
   * Opens all segments of a link and checks that they belong together. Writes nothing.
   * Throws disk.segment-missing, disk.segment-picked (the first file is not segment 1), disk.not-a-disk,
   * disk.unsupported, disk.corrupt, disk.not-found, disk.permission, disk.read-only, disk.io.
   */
  static open(request: LinkRequest): Link {
    const layer = request.layer ?? hostFiles;
    const opened: ReturnType<typeof CowdExtent.openFile>[] = [];
    try {
      for (const path of request.files) opened.push(openSegment(layer, path, request, opened[0]?.header));
      const places = placeExtents(
        opened.map(({ file, header }) => ({ path: file.path, header })),
        request.parent,
      );
      const extents = opened.map(({ file, header }, index) => {
        const place = places[index];
        assert(place !== undefined, 'a place for every extent');
        return new CowdExtent(file, header, place);
      });
      if (request.isWritable) checkCanChange(extents);
      return new Link(extents, request);
    } catch (error) {
      for (const { file } of opened) file.close();
      throw error;
    }
  }

  get first(): CowdExtent {
    const first = this.extents[0];
    assert(first !== undefined, 'a link has a first extent');
    return first;
  }

  /** Of segment 0, which speaks for the link. */
  get header(): CowdHeader {
    return this.first.header;
  }

  get files(): string[] {
    return this.extents.map((extent) => extent.path);
  }

  get spansBytes(): number[] {
    return this.extents.map((extent) => extent.spanBytes);
  }

  get record(): LinkRecord | undefined {
    return this.header.record;
  }

  /** Whether every segment was closed clean. */
  get isClean(): boolean {
    return this.extents.every((extent) => extent.header.isClean);
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
  beginWriting(extent: CowdExtent = this.first): void {
    this.checkAlive();
    if (extent.isBegun) return;
    assert(this.isWritable, 'a link opened for writing');
    this.checkRight();
    try {
      this.first.begin(this.isDurable, (header) => this.withFreshIdentity(header));
      extent.begin(this.isDurable, (header) => this.withIdentityOfFirst(header));
    } catch (error) {
      if (!(error instanceof RedoubtError) || !error.is('disk.no-space')) this.failure = error;
      throw error;
    }
  }

  /** Throws disk.io for a link that has failed: the kernel may have dropped what it held of it. */
  checkAlive(): void {
    if (this.failure !== undefined) throw this.failedError();
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
    for (const extent of this.extents) {
      if (options.allSegments === true && !extent.header.isClean) extent.begin(this.isDurable);
      extent.finishClean(this.isDurable);
    }
  }

  /** Changes headers, synced: of segment 0, or of all, segment 0 last. */
  patchHeaders(segments: 'first' | 'all', change: (header: CowdHeader) => CowdHeader): void {
    const rest = segments === 'all' ? this.extents.slice(1) : [];
    for (const extent of [...rest, this.first]) extent.patchHeader(change, this.isDurable);
  }

  /** Lets go of the files as they are. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.epochs.stop();
    for (const extent of this.extents) extent.file.close();
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
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private withIdentityOfFirst(header: CowdHeader): CowdHeader {
    const { generation, record } = this.first.header;
    if (header.record === undefined || record === undefined) return { ...header, generation };
    return { ...header, generation, record: { ...header.record, contentId: record.contentId } };
  }

  private withFreshIdentity(header: CowdHeader): CowdHeader {
    const generation = this.identity?.generation ?? nextGeneration(header.generation);
    if (header.record === undefined) return { ...header, generation };
    const contentId = this.identity?.contentId ?? randomBytes(16).toString('hex');
    const committing = this.identity?.committing;
    return {
      ...header,
      generation,
      record: { ...header.record, contentId, ...(committing === undefined ? {} : { committing }) },
    };
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

function openSegment(
  layer: FileLayer,
  path: string,
  request: LinkRequest,
  first: CowdHeader | undefined,
): ReturnType<typeof CowdExtent.openFile> {
  const { files } = request;
  const file = files[0] ?? path;
  const missing = (found: number, total: number) =>
    new RedoubtError('disk.segment-missing', `Part ${String(found + 1)} of ${file} is missing.`, {
      file,
      part: found + 1,
      expected: path,
      found,
      total,
    });
  try {
    const opened = CowdExtent.openFile(layer, path, request.isWritable);
    const { ordinal, fileCount } = opened.header;
    if (first !== undefined || (ordinal === 0 && fileCount === files.length)) return opened;
    opened.file.close();
    if (ordinal === 0) throw missing(files.length, fileCount);
    const part = ordinal + 1;
    throw new RedoubtError('disk.segment-picked', `${path} is part ${String(part)} of a disk.`, {
      file: path,
      part,
      first: '',
    });
  } catch (error) {
    if (first !== undefined && error instanceof RedoubtError && error.is('disk.not-found'))
      throw missing(files.indexOf(path), files.length);
    throw error;
  }
}

function isWithoutGrains(extent: CowdExtent): boolean {
  const entries = new Uint32Array(4096);
  for (let grain = 0; grain < extent.grainCount; grain += entries.length) {
    const count = Math.min(entries.length, extent.grainCount - grain);
    if (extent.readEntries(grain, count, entries) > 0) return false;
  }
  return true;
}

/** A file without content ids tells its children by its generation alone, so that one must still be able to rise. */
function checkCanChange([first]: readonly CowdExtent[]): void {
  if (first === undefined || first.header.record !== undefined || first.header.generation < lastGeneration) return;
  throw new RedoubtError('disk.unsupported', `The generation of ${first.path} can't rise any more.`, {
    file: first.path,
    feature: 'writing to a file of the last generation',
  });
}

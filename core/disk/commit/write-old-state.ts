import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { MIB, SECTOR_BYTES } from '../../base/units.ts';
import { approveLink } from '../parents/approvals.ts';
import type { BlockDevice } from '../block-device.ts';
import { Link } from '../chain/link.ts';
import { copyChildren } from '../parents/children-list.ts';
import type { CommitJournal } from '../commit-journal.ts';
import { dialects } from '../formats/cowd/dialect.ts';
import type { Extent } from '../formats/extent.ts';
import { nextGeneration } from '../generation.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { oldStateName } from '../names.ts';
import { createLinkFiles } from '../files/new-files.ts';
import type { OpenContext } from '../open-context.ts';
import { otherNameOf, parentNames } from '../parents/parent-check.ts';
import { segmentPath } from '../segment-paths.ts';

/**
 * Makes and extends the old-state link of a commit.
 *
 * Write order: the journal names it before it exists; it is complete and synced before any header of the
 * chain speaks of the parent's new state. Until the commit point nobody lies over it, so it can be taken
 * back (undo-old-state.ts); after the commit point it holds the old content of every range that the copy may change. What it
 * holds is never changed: grains are only added.
 */

/** The most that is read at once. */
const pieceBytes = MIB;
const syncEveryBytes = 256 * MIB;
const draws = 100;

/** A name beside the parent that nobody has. */
export function newOldStatePath(parentPath: string): string {
  for (let draw = 0; draw < draws; draw++) {
    const path = join(dirname(parentPath), oldStateName(basename(parentPath), randomBytes(3).toString('hex')));
    if (!isThere(path)) return path;
  }
  throw new RedoubtError('disk.exists', `Every name of an old state of ${parentPath} is taken.`, { file: parentPath });
}

export interface OldStateRequest {
  readonly path: string;
  /** As the journal has it. */
  readonly linkId: string;
  readonly parent: LinkHead;
  /** Shape and, later, ranges are those of the log that is committed. */
  readonly child: Link;
  readonly values: CommitJournal['parent'];
  readonly context: OpenContext;
}

/**
 * Makes the empty files of an old-state link, synced: it stands for the parent's old state and hangs from the
 * new one. Its segments and its grain are the log's, so that it takes exactly the ranges that the log has.
 * Throws what making files throws; then there are none.
 */
export async function createOldState(request: OldStateRequest): Promise<LinkHead> {
  const { path, linkId, parent, child, values, context } = request;
  const { storedName, relativePath } = parentNames(path, parent.path);
  const knownAs = otherNameOf(parent.state);
  const record = {
    contentId: randomBytes(16).toString('hex'),
    linkId,
    parentContentId: values.newContentId,
    standsFor: {
      contentId: values.oldContentId,
      generation: values.oldGeneration,
      ...(knownAs === undefined ? {} : { knownAs }),
    },
    relativePath,
  };
  const generation = nextGeneration();
  createLinkFiles(
    child.extents.map((extent, ordinal) => ({
      path: segmentPath(path, ordinal + 1),
      dialect: dialects.hybrid,
      spanSectors: extent.spanBytes / SECTOR_BYTES,
      diskSectors: child.capacityBytes / SECTOR_BYTES,
      ordinal,
      fileCount: child.extents.length,
      record,
      generation,
      controller: parent.state.controller ?? 'ide',
      parent: { storedName, generation: values.newGeneration },
      grainSectors: extent.grainBytes / SECTOR_BYTES,
      isSplit: child.extents.length > 1,
    })),
  );
  const head = readLinkHead(path);
  // Logs that lie elsewhere find it without asking: they were told to trust the parent that it speaks for.
  approveQuietly(head, context);
  // The log that is committed moves on with the parent.
  await copyChildren(parent.path, head.path, child.path);
  return head;
}

export interface FillOptions {
  readonly signal: AbortSignal | undefined;
  /** Called before metadata is written; throws if a lock is gone. */
  readonly checkRight: () => void;
}

/**
 * Adds to an old-state link what `parent` reads in every grain in which `child` has something and the old
 * state has nothing; where the parent reads zeros, zeros. Synced. Adds nothing twice, so it may be
 * called again after the child has grown. Returns the bytes that were added.
 */
export async function fillOldState(
  head: LinkHead,
  child: Link,
  parent: BlockDevice,
  { signal, checkRight }: FillOptions,
): Promise<number> {
  const { generation, record } = head.state;
  if (record === undefined) throw new Error('an old-state link has a record');
  const link = Link.open({
    files: [...head.files],
    isWritable: true,
    // What it reads does not change, so neither does who it is.
    identity: { generation, contentId: record.contentId },
    checkRight,
  });
  try {
    link.refuseCutOff();
    let added = 0;
    let unsynced = 0;
    for (const run of child.allocatedRuns()) {
      for (const extent of link.extents) {
        const range = { startBytes: run.offsetBytes, endBytes: run.offsetBytes + run.lengthBytes };
        for await (const bytes of fillExtent(link, extent, parent, range)) {
          added += bytes;
          unsynced += bytes;
          if (unsynced >= syncEveryBytes) {
            await link.flush();
            unsynced = 0;
          }
          // A run may be as long as the disk.
          if (signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The commit was stopped.', {});
        }
      }
    }
    await link.finishClean({ allSegments: true });
    return added;
  } finally {
    link.close();
  }
}

/** Fills what the extent lacks of a range of the disk, in whole grains; yields how many bytes of each piece. */
async function* fillExtent(
  link: Link,
  extent: Extent,
  parent: BlockDevice,
  { startBytes, endBytes }: { readonly startBytes: number; readonly endBytes: number },
): AsyncGenerator<number> {
  const from = Math.max(startBytes, extent.startBytes) - extent.startBytes;
  const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
  if (from >= to) return;
  const { grainBytes } = extent;
  const end = Math.ceil(to / grainBytes);
  const atOnce = Math.max(1, Math.floor(pieceBytes / grainBytes));
  const places = new Uint32Array(atOnce);
  for (let grain = Math.floor(from / grainBytes); grain < end; grain += atOnce) {
    const count = Math.min(atOnce, end - grain);
    extent.readPlaces(grain, count, places);
    let added = 0;
    for (let index = 0; index < count;) {
      if (places[index] !== 0) {
        index++;
        continue;
      }
      let missing = 1;
      while (index + missing < count && places[index + missing] === 0) missing++;
      const grains = await addGrains(link, extent, parent, grain + index, missing);
      added += grains * grainBytes;
      index += grains;
    }
    // Synchronous I/O would starve the signal.
    await setImmediate();
    yield added;
  }
}

/** Adds up to `wanted` grains, as many as lie in one row; returns how many. */
async function addGrains(
  link: Link,
  extent: Extent,
  parent: BlockDevice,
  grain: number,
  wanted: number,
): Promise<number> {
  link.beginWriting(extent);
  const row = extent.findRow(grain, wanted);
  const bytes = new Uint8Array(row.grains * extent.grainBytes);
  const offsetBytes = extent.startBytes + grain * extent.grainBytes;
  // The last grain may stick out past the end of its segment.
  const inside = Math.min(bytes.length, extent.startBytes + extent.spanBytes - offsetBytes);
  const pending = parent.read(offsetBytes, bytes.subarray(0, inside));
  if (pending !== undefined) await pending;
  extent.writeRow(row, [bytes]);
  extent.enter(grain, row);
  link.noteWritten(bytes.length);
  return row.grains;
}

function approveQuietly(head: LinkHead, context: OpenContext): void {
  try {
    approveLink(head, context);
  } catch (error) {
    // Then the user is asked once.
    if (!(error instanceof RedoubtError)) throw error;
  }
}

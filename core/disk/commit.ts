import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { Chain } from './chain/chain.ts';
import { Link } from './chain/link.ts';
import { checkCommit, checkRoom } from './commit-checks.ts';
import { copyLink } from './commit-copy.ts';
import { readJournal, writeJournal, type CommitJournal } from './commit-journal.ts';
import { finishCommit, type CommitHooks } from './commit-steps.ts';
import type { LinkState } from './formats/link-state.ts';
import { nextGeneration } from './generation.ts';
import { readLinkHead, realPath, type LinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import { LockSet } from './locks/lock-set.ts';
import type { OpenContext } from './open-context.ts';
import { recordParent } from './record-parent.ts';
import { openLinks, resolveChain } from './resolve-chain.ts';
import { SessionDevice } from './session-device.ts';
import { settleChain } from './settle.ts';
import { refuseUnsettled } from './unsettled.ts';

export interface CommitProgress {
  readonly phase: 'preparing' | 'copying' | 'checking' | 'removing' | 'done';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface CommitRequest {
  readonly redo: string;
  readonly context?: OpenContext;
  readonly onProgress?: (progress: CommitProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes a redo log's grains into its immediate parent and removes the log. An interrupted commit is resumed
 * by the same call.
 *
 * | step | on the device after it | a crash leaves |
 * | --- | --- | --- |
 * | 1 | locks; checks | nothing |
 * | 2 | the journal beside the parent | old: settled by taking the journal back |
 * | 3 | the child records the parent's new state | old: settled by writing the old state back |
 * | 4 | the parent has the new state and the child's mark: **the commit point** | new: child over parent reads right |
 * | 5 | the child's grains are in the parent | new |
 * | 6 | the parent is clean, the mark is gone, nested logs hang from it | new |
 * | 7–9 | journal `done`, child removed, journal removed | new: settled by finishing |
 *
 * Throws disk.has-dependents, disk.read-only, disk.locked, disk.no-space, job.cancelled,
 * disk.not-a-redo-log, and what inspectChain throws.
 */
export async function commitRedoLog(
  request: CommitRequest,
  hooks: CommitHooks = {},
): Promise<{ parent: string; committedBytes: number }> {
  const context = request.context ?? {};
  const finished = await settleChain(request.redo, context);
  // Its folder is there, the file is not any more.
  const wanted = join(realPath(dirname(request.redo)), basename(request.redo));
  const ended = finished.find(({ child }) => child === wanted);
  if (ended !== undefined) return { parent: ended.parent, committedBytes: 0 };
  const report = (phase: CommitProgress['phase'], doneBytes: number, totalBytes: number) =>
    request.onProgress?.({ phase, doneBytes, totalBytes });
  report('preparing', 0, 0);
  const locks = new LockSet();
  try {
    const heads = await lockForCommit(request.redo, context, locks);
    const [child, parent] = heads as [LinkHead, LinkHead];
    hooks.reached?.('locked');
    const isResumed = parent.state.record?.committing !== undefined;
    refuseUnsettled(child);
    if (!isResumed) refuseUnsettled(parent);
    if (!isResumed) await checkCommit(child, parent, context);
    const totalBytes = await carryOut(heads, isResumed, request, report, hooks);
    report('done', totalBytes, totalBytes);
    return { parent: parent.path, committedBytes: totalBytes };
  } catch (error) {
    await locks.release();
    // Refused or stopped before the commit point: nothing of it should remain to be asked about.
    if (error instanceof RedoubtError) await settleChain(request.redo, context);
    throw error;
  } finally {
    await locks.release();
  }
}

/** Step 1: writer on the log and its parent, readers below. Returns the chain, of two links or more. */
async function lockForCommit(redo: string, context: OpenContext, locks: LockSet): Promise<LinkHead[]> {
  const { purpose = 'commit', machineName } = context;
  const reason = { purpose, ...(machineName === undefined ? {} : { machineName }) };
  let position = 0;
  return resolveChain(redo, context, async (head) => {
    if (position === 0 && head.state.parent === undefined) {
      throw new RedoubtError('disk.not-a-redo-log', `${head.path} is no redo log.`, { file: head.path });
    }
    locks.add(await lockFile(head.path, position < 2 ? 'writer' : 'reader', reason));
    position++;
  });
}

/** Steps 2 to 9. Returns the bytes that the child held. */
async function carryOut(
  heads: readonly LinkHead[],
  isResumed: boolean,
  request: CommitRequest,
  report: (phase: CommitProgress['phase'], doneBytes: number, totalBytes: number) => void,
  hooks: CommitHooks,
): Promise<number> {
  const [childHead, ...parentHeads] = heads as [LinkHead, LinkHead, ...LinkHead[]];
  const child = Link.open({ files: childHead.files, format: childHead.format, isWritable: false });
  try {
    const totalBytes = checkRoom(child, parentHeads[0]);
    const journal = isResumed
      ? resumedJournal(childHead, parentHeads[0])
      : beginJournal(childHead, parentHeads[0], hooks);
    await writeParent(child, parentHeads, journal, { ...request, totalBytes, report, hooks });
    report('removing', totalBytes, totalBytes);
    // Read again: it has another state of its parent by now.
    const now = readLinkHead(childHead.path);
    const searchPaths = request.context?.searchDirectories;
    await finishCommit(parentHeads[0], readJournal(parentHeads[0].path) ?? journal, now, { searchPaths, hooks });
    return totalBytes;
  } finally {
    child.close();
  }
}

/** Steps 2 and 3. */
function beginJournal(child: LinkHead, parent: LinkHead, hooks: CommitHooks): CommitJournal {
  const childRecord = child.state.record;
  const parentRecord = parent.state.record;
  if (childRecord === undefined || parentRecord === undefined) {
    const file = childRecord === undefined ? child.path : parent.path;
    throw new RedoubtError(
      'disk.unsupported',
      `${file} was made by another program; committing it is not possible yet.`,
      {
        file,
        feature: 'commit with a file of another program',
      },
    );
  }
  const newGeneration = nextGeneration(parent.state.generation);
  const newContentId = randomBytes(16).toString('hex');
  const journal: CommitJournal = {
    child: { linkId: childRecord.linkId, contentId: childRecord.contentId, path: child.path },
    parent: {
      linkId: parentRecord.linkId,
      oldContentId: parentRecord.contentId,
      newContentId,
      oldGeneration: parent.state.generation,
      newGeneration,
    },
    syncedBytes: 0,
    phase: 'prepared',
  };
  writeJournal(parent.path, journal);
  hooks.reached?.('journal');
  recordParent(child, { generation: newGeneration, contentId: newContentId });
  hooks.reached?.('child-recorded');
  return journal;
}

/** A resume keeps the journal's values. A child that was written since is copied again from its start. */
function resumedJournal(child: LinkHead, parent: LinkHead): CommitJournal {
  const { record, generation } = parent.state;
  const childRecord = child.state.record;
  if (record?.committing === undefined || childRecord === undefined)
    throw new Error('a parent without mark is not resumed');
  const journal = readJournal(parent.path);
  const known =
    journal !== undefined &&
    journal.parent.newContentId === record.contentId &&
    journal.child.linkId === childRecord.linkId;
  const values = { linkId: record.linkId, newContentId: record.contentId, newGeneration: generation };
  const isSame = known && journal.child.contentId === childRecord.contentId;
  const resumed: CommitJournal = {
    child: { linkId: childRecord.linkId, contentId: childRecord.contentId, path: child.path },
    parent: {
      ...values,
      oldContentId: known ? journal.parent.oldContentId : undefined,
      oldGeneration: known ? journal.parent.oldGeneration : 0,
    },
    syncedBytes: isSame ? journal.syncedBytes : 0,
    phase: 'copying',
  };
  writeJournal(parent.path, resumed);
  return resumed;
}

interface WriteOptions extends CommitRequest {
  readonly totalBytes: number;
  readonly report: (phase: CommitProgress['phase'], doneBytes: number, totalBytes: number) => void;
  readonly hooks: CommitHooks;
}

/** Steps 4 to 6. */
async function writeParent(
  child: Link,
  parents: readonly LinkHead[],
  journal: CommitJournal,
  options: WriteOptions,
): Promise<void> {
  const { totalBytes, report, hooks, signal } = options;
  if (signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The commit was stopped.', {});
  const { newGeneration, newContentId } = journal.parent;
  const identity = { generation: newGeneration, contentId: newContentId, committing: journal.child.linkId };
  const links = openLinks(parents, { isWritable: true, identity });
  const parent = links[0] as Link;
  try {
    parent.beginWriting();
    hooks.reached?.('parent-marked');
    const device = new SessionDevice(new Chain(links));
    await copyLink(child, device, {
      skipBytes: journal.syncedBytes,
      signal,
      onCopied: (doneBytes) => {
        report('copying', doneBytes, totalBytes);
        hooks.reached?.('copying');
      },
      onSynced: (syncedBytes) => {
        writeJournal(parent.path, { ...journal, syncedBytes, phase: 'copying' });
      },
    });
    hooks.reached?.('copied');
    report('checking', totalBytes, totalBytes);
    await parent.finishClean({ allSegments: true });
    hooks.reached?.('parent-clean');
    parent.changeState('first', withoutMark);
    hooks.reached?.('unmarked');
  } finally {
    for (const link of links) link.close();
  }
}

function withoutMark(state: LinkState): LinkState {
  if (state.record === undefined) return state;
  const { committing: _, ...record } = state.record;
  return { ...state, record };
}

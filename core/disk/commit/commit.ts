import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { requireStatus } from '../../base/file-status.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { adoptLog } from './adopt-log.ts';
import { Chain } from '../chain/chain.ts';
import type { Link } from '../chain/link.ts';
import { checkCommit, checkRoom, requireJournalPlace, type CommitWay } from './commit-checks.ts';
import { copyLink } from './commit-copy.ts';
import { readJournal, writeJournal, type CommitJournal } from '../commit-journal.ts';
import { finishCommit, type CommitHooks } from './commit-steps.ts';
import type { LinkState } from '../formats/link-state.ts';
import { nextGeneration } from '../generation.ts';
import { readLinkHead, realPath, type LinkHead } from '../link-head.ts';
import { lockFile } from '../locks/file-lock.ts';
import { LockSet } from '../locks/lock-set.ts';
import { oldStatesOver, refuseOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { recordParent } from '../parents/record-parent.ts';
import { syncParent } from '../parents/sync-parent.ts';
import { closeLinks, openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { SessionDevice } from '../session/session-device.ts';
import { settleChain } from './settle.ts';
import { refuseUnsettled } from '../parents/unsettled.ts';
import { createOldState, fillOldState, newOldStatePath } from './write-old-state.ts';

export interface CommitProgress {
  readonly phase: 'preparing' | 'copying' | 'checking' | 'removing' | 'done';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface CommitRequest {
  readonly redo: string;
  readonly context?: OpenContext;
  /**
   * What becomes of other logs that hang from the parent. Default: the commit is refused and names them.
   * `preserve`: an old-state link keeps what they read. `break`: nothing, they can't be opened any more.
   */
  readonly dependents?: 'refuse' | 'preserve' | 'break';
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
 * | 2b | where dependents are preserved: the old-state link, complete | old: the old-state link is taken back, too |
 * | 3 | the child (and an old-state link that was extended) records the parent's new state | old: settled by writing the old state back |
 * | 4 | the parent has the new state and the child's mark: **the commit point** | new: child over parent reads right |
 * | 5 | the child's grains are in the parent | new |
 * | 6 | the parent is clean, the mark is gone, nested logs hang from it | new |
 * | 7–9 | journal `done`, child removed, journal removed | new: settled by finishing |
 *
 * Throws disk.has-dependents, disk.read-only, disk.old-state, disk.locked, disk.no-space, disk.permission (no
 * place for a journal), job.cancelled, disk.not-a-redo-log, and what inspectChain throws.
 */
export async function commitRedoLog(
  request: CommitRequest,
  hooks: CommitHooks = {},
): Promise<{ parent: string; committedBytes: number; oldState?: string }> {
  const context = request.context ?? {};
  const isBreaking = request.dependents === 'break';
  const wanted = firstFileOf(request.redo);
  const finished = await settleChain(request.redo, context, { isBreaking });
  const ended = finished.find(({ child }) => child === wanted);
  if (ended !== undefined) return { parent: ended.parent, committedBytes: 0 };
  const report: Report = (phase, doneBytes, totalBytes) => request.onProgress?.({ phase, doneBytes, totalBytes });
  report('preparing', 0, 0);
  const locks = new LockSet();
  try {
    const heads = await lockForCommit(request.redo, context, locks);
    const [child, parent] = heads as [LinkHead, LinkHead];
    hooks.reached?.('locked');
    refuseOldState(parent, 'commit to a new copy instead (--to-copy)');
    const isResumed = parent.state.record?.committing !== undefined;
    refuseUnsettled(child);
    if (!isResumed) refuseUnsettled(parent);
    const way = isResumed ? undefined : await checkCommit(child, parent, { context, dependents: request.dependents });
    const work = new Commit({
      heads: [adoptLog(child), ...heads.slice(1)],
      way,
      locks,
      request,
      context,
      report,
      hooks,
    });
    const totalBytes = await work.carryOut();
    report('done', totalBytes, totalBytes);
    const { oldState } = work;
    return { parent: parent.path, committedBytes: totalBytes, ...(oldState === undefined ? {} : { oldState }) };
  } catch (error) {
    // Why it failed is what the user has to hear, not what else goes wrong on the way out.
    await locks.release().catch(() => undefined);
    // Refused or stopped before the commit point: nothing of it should remain to be asked about.
    if (error instanceof RedoubtError) await settleChain(request.redo, context, { isBreaking });
    throw error;
  } finally {
    await locks.release();
  }
}

/** The real path of a log, of which perhaps only the folder is there any more. */
function firstFileOf(redo: string): string {
  return isThere(redo) ? realPath(redo) : join(realPath(dirname(redo)), basename(redo));
}

type Report = (phase: CommitProgress['phase'], doneBytes: number, totalBytes: number) => void;

/** Step 1: writer on the log and its parent, readers below. Returns the chain, of two links or more. */
async function lockForCommit(redo: string, context: OpenContext, locks: LockSet): Promise<LinkHead[]> {
  const reason = lockReason(context);
  let position = 0;
  return resolveChain(redo, context, async (head) => {
    if (position === 0 && head.state.parent === undefined) {
      throw new RedoubtError('disk.not-a-redo-log', `${head.path} is no redo log.`, { file: head.path });
    }
    if (position === 1) requireJournalPlace(head);
    locks.add(await lockFile(head.path, position < 2 ? 'writer' : 'reader', reason));
    position++;
  });
}

function lockReason({ purpose = 'commit', machineName }: OpenContext): { purpose: string; machineName?: string } {
  return { purpose, ...(machineName === undefined ? {} : { machineName }) };
}

interface CommitParts {
  /** The child, its parent, and what that lies over. */
  readonly heads: readonly LinkHead[];
  /** Absent: a commit that is resumed. */
  readonly way: CommitWay | undefined;
  readonly locks: LockSet;
  readonly request: CommitRequest;
  readonly context: OpenContext;
  readonly report: Report;
  readonly hooks: CommitHooks;
}

/** Steps 2 to 9 of one commit whose locks are held. */
class Commit {
  /** First file of the old-state link, where there is one. */
  oldState: string | undefined;
  private readonly parts: CommitParts;
  private readonly childHead: LinkHead;
  private readonly parentHead: LinkHead;
  private readonly checkRight: () => void;

  constructor(parts: CommitParts) {
    this.parts = parts;
    this.checkRight = () => {
      parts.locks.prove();
    };
    [this.childHead, this.parentHead] = parts.heads as [LinkHead, LinkHead];
  }

  /** Returns the bytes that the child held. */
  async carryOut(): Promise<number> {
    const { heads, way, report, hooks, context, request } = this.parts;
    const [child, ...parents] = openLinks(heads, { context }) as [Link, Link, ...Link[]];
    try {
      let journal: CommitJournal;
      let totalBytes: number;
      try {
        parents[0].refuseCutOff();
        totalBytes = checkRoom(child, parents, { way, isResumed: way === undefined });
        journal = way === undefined ? await this.resume(child, parents) : await this.begin(way, child, parents);
      } finally {
        // From here on they are opened for writing.
        closeLinks(parents);
      }
      await this.writeParent(child, journal, totalBytes);
      report('removing', totalBytes, totalBytes);
      // Read again: it has another state of its parent by now.
      const now = readLinkHead(this.childHead.path);
      const isBreaking = request.dependents === 'break';
      await finishCommit(this.parentHead, readJournal(this.parentHead.path) ?? journal, now, {
        searchPaths: context.searchDirectories,
        isBreaking,
        checkRight: this.checkRight,
        hooks,
      });
      return totalBytes;
    } finally {
      child.close();
    }
  }

  /** Steps 2 and 3. */
  private async begin(way: CommitWay, child: Link, parents: readonly Link[]): Promise<CommitJournal> {
    const { childHead, parentHead } = this;
    const { hooks, context } = this.parts;
    const extended = way.kind === 'preserve' ? way.extended : undefined;
    const made =
      way.kind === 'preserve' && extended === undefined
        ? { path: newOldStatePath(parentHead.path), linkId: randomId() }
        : undefined;
    this.oldState = made?.path ?? extended?.path;
    const journal: CommitJournal = {
      child: childValues(childHead),
      parent: {
        // Ids are given now to a parent that has none; they are in the journal before they are in its header.
        linkId: parentHead.state.record?.linkId ?? randomId(),
        oldContentId: parentHead.state.record?.contentId,
        newContentId: randomId(),
        oldGeneration: parentHead.state.generation,
        newGeneration: nextGeneration(parentHead.state.generation),
      },
      oldState: this.oldState,
      oldStateLinkId: made?.linkId,
      syncedBytes: 0,
      phase: 'prepared',
    };
    this.checkRight();
    writeJournal(parentHead.path, journal);
    hooks.reached?.('journal');
    const { newGeneration, newContentId } = journal.parent;
    const values = journal.parent;
    const oldState =
      made === undefined ? extended : await createOldState({ ...made, parent: parentHead, child, values, context });
    if (oldState !== undefined) {
      await this.fill(oldState, child, parents);
      hooks.reached?.('old-state');
      this.checkRight();
      if (extended !== undefined) recordParent(extended, { generation: newGeneration, contentId: newContentId });
    }
    this.checkRight();
    recordParent(childHead, { generation: newGeneration, contentId: newContentId });
    hooks.reached?.('child-recorded');
    return journal;
  }

  /**
   * A resume keeps the journal's values. A child that was written since is copied again from its start, after
   * the old-state link has taken what the parent still reads wherever the child has grown.
   */
  private async resume(child: Link, parents: readonly Link[]): Promise<CommitJournal> {
    const { childHead, parentHead } = this;
    const { record, generation } = parentHead.state;
    if (record?.committing === undefined) throw new Error('a parent without mark is not resumed');
    // Who wrote it since may have been killed before it was synced: entries that a loss of power takes would shift
    // what the journal counts as copied.
    syncParent(childHead);
    const journal = readJournal(parentHead.path);
    const values = childValues(childHead);
    const known = journal?.parent.newContentId === record.contentId && journal.child.linkId === values.linkId;
    const isSame =
      known && journal.child.contentId === values.contentId && journal.child.lengthBytes === values.lengthBytes;
    const preserved = oldStatesOver(parentHead);
    this.oldState = preserved[0]?.path;
    const resumed: CommitJournal = {
      child: values,
      parent: {
        linkId: record.linkId,
        newContentId: record.contentId,
        newGeneration: generation,
        oldContentId: known ? journal.parent.oldContentId : undefined,
        oldGeneration: known ? journal.parent.oldGeneration : 0,
      },
      oldState: this.oldState,
      syncedBytes: isSame ? journal.syncedBytes : 0,
      phase: 'copying',
    };
    for (const head of preserved) await this.fill(head, child, parents);
    if (preserved.length > 0) this.parts.hooks.reached?.('old-state');
    this.checkRight();
    writeJournal(parentHead.path, resumed);
    return resumed;
  }

  /** Lets an old-state link take what the parents read wherever the child has something. */
  private async fill(head: LinkHead, child: Link, parents: readonly Link[]): Promise<void> {
    const { locks, context, request } = this.parts;
    locks.add(await lockFile(head.path, 'writer', lockReason(context)));
    const { signal } = request;
    await fillOldState(head, child, new SessionDevice(new Chain(parents)), { signal, checkRight: this.checkRight });
  }

  /** Steps 4 to 6. */
  private async writeParent(child: Link, journal: CommitJournal, totalBytes: number): Promise<void> {
    const { report, hooks, request, heads, context } = this.parts;
    const { signal } = request;
    if (signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The commit was stopped.', {});
    const { newGeneration, newContentId, linkId } = journal.parent;
    const identity = { generation: newGeneration, contentId: newContentId, linkId, committing: journal.child.linkId };
    const links = openLinks(heads.slice(1), {
      isWritable: true,
      identity,
      context,
      checkRight: this.checkRight,
    });
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
      closeLinks(links);
    }
  }
}

function childValues(child: LinkHead): CommitJournal['child'] {
  const { record, parent } = child.state;
  if (record === undefined || parent === undefined) throw new Error('a log has its ids before it is committed');
  const lengthBytes = child.files.reduce((sum, file) => sum + requireStatus(file).size, 0);
  const before = { contentId: record.parentContentId, generation: parent.generation };
  return { linkId: record.linkId, contentId: record.contentId, path: child.path, lengthBytes, before };
}

function withoutMark(state: LinkState): LinkState {
  if (state.record === undefined) return state;
  const { committing: _, ...record } = state.record;
  return { ...state, record };
}

function randomId(): string {
  return randomBytes(16).toString('hex');
}

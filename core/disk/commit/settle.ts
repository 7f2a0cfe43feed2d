import { dirname } from 'node:path';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { judgeCommit, readJournal, removeJournal, type CommitJournal } from '../commit-journal.ts';
import { finishCommit } from './commit-steps.ts';
import { findDependents } from '../parents/dependents.ts';
import { hostFiles } from '../files/disk-file.ts';
import { dropSecondName } from '../files/staging-folder.ts';
import { formatNamed } from '../formats/open-format.ts';
import { findCommittedChild } from './committed-child.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockFile } from '../locks/file-lock.ts';
import type { OpenContext } from '../open-context.ts';
import { parentCandidates } from '../parents/parent-check.ts';
import { recordParent } from '../parents/record-parent.ts';
import { isOldState } from '../parents/old-state.ts';
import { syncParent } from '../parents/sync-parent.ts';
import { protectedFile } from '../protection.ts';
import { finishRemoval } from '../remove-link.ts';
import { undoOldState } from './undo-old-state.ts';

/**
 * Settling: what a crash left half-done in a chain is undone or finished before the chain is opened, where
 * this process may write. What can't be settled now (somebody else is at it, a file is away) is left for the
 * next open; the checks that follow refuse what must not be used meanwhile.
 */

/**
 * Whether a commit into `parentFile` began and was not finished: first files of both links. `undefined`
 * where there is none. Writes nothing. Throws disk.corrupt if the journal beside it can't be read.
 */
export function unfinishedCommit(parentFile: string): { parent: string; child: string } | undefined {
  const { path } = readLinkHead(parentFile);
  const journal = readJournal(path);
  return journal === undefined ? undefined : { parent: path, child: journal.child.path };
}

export interface SettleOptions {
  /** Logs that hang from a committed log and can't be reached are given up. */
  readonly isBreaking?: boolean;
}

/** A commit that was as good as done and is done now. */
export interface FinishedCommit {
  readonly parent: string;
  readonly child: string;
}

/**
 * Settles all links of a chain, from `file` on, and returns the commits that were finished; their children
 * are gone. A file that is gone is no error here: opening it will say so.
 */
export async function settleChain(
  file: string,
  context: OpenContext,
  options: SettleOptions = {},
): Promise<FinishedCommit[]> {
  const finished: FinishedCommit[] = [];
  const seen = new Set<string>();
  let waiting: Waiting[] = [{ path: file, child: undefined }];
  while (waiting.length > 0) {
    const next: Waiting[] = [];
    for (const step of waiting) {
      const head = await settleLink(step, context, options, finished);
      if (head === undefined || seen.has(head.identity)) continue;
      seen.add(head.identity);
      if (head.state.parent === undefined) continue;
      for (const path of parentCandidates(head.path, head.state, context.configDirectory))
        next.push({ path, child: head.path });
    }
    waiting = next;
  }
  return finished;
}

/** A link to be settled, and the child that led to it. */
interface Waiting {
  readonly path: string;
  readonly child: string | undefined;
}

/** Finishes a removal of the link, and its making, then settles a commit into it. Returns its head, if it is (still) there. */
async function settleLink(
  { path, child }: Waiting,
  context: OpenContext,
  options: SettleOptions,
  finished: FinishedCommit[],
): Promise<LinkHead | undefined> {
  await unlessRefused(() => finishRemoval(path));
  await unlessRefused(() => {
    dropSecondName(path);
  });
  await unlessRefused(async () => {
    const head = readLinkHead(path);
    const journal = readJournal(head.path);
    if (journal === undefined) return;
    const ended = await settleJournal(head, journal, child, context, options);
    if (ended !== undefined) finished.push(ended);
  });
  return unlessRefused(() => readLinkHead(path));
}

async function unlessRefused<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

/** Returns the commit if it is finished now. `from`: where else than the journal says the child may be. */
async function settleJournal(
  parent: LinkHead,
  journal: CommitJournal,
  from: string | undefined,
  context: OpenContext,
  options: SettleOptions,
): Promise<FinishedCommit | undefined> {
  const verdict = judgeCommit(journal, parent.state);
  if (verdict !== 'roll-back' && verdict !== 'finish') return undefined;
  const paths = [journal.child.path, ...(from === undefined ? [] : [from])];
  const found = findCommittedChild(parent, journal, paths, context.configDirectory);
  if (found === undefined) return verdict === 'finish' ? await finishWithoutChild(parent, journal) : undefined;
  const lock = await lockFile(found.path, 'writer', { purpose: 'commit' });
  try {
    // Judged again: until the lock was ours, its last holder may have gone on.
    const now = readLinkHead(parent.path);
    const still = readJournal(parent.path);
    if (still === undefined || judgeCommit(still, now.state) !== verdict) return undefined;
    const child = findCommittedChild(now, still, [found.path], context.configDirectory);
    if (child === undefined) return undefined;
    const checkRight = () => lock?.prove();
    checkRight();
    if (verdict === 'roll-back') {
      await rollBack(now, still, child);
      return undefined;
    }
    await makeCertain(now, child, context);
    // A log that has been written since holds what the parent lacks, and reads right over it: it stays.
    const isSame = child.state.record?.contentId === still.child.contentId;
    const searchPaths = context.searchDirectories;
    await finishCommit(now, still, isSame ? child : undefined, { ...options, searchPaths, checkRight });
    return isSame ? { parent: parent.path, child: child.path } : undefined;
  } finally {
    await lock?.release();
  }
}

/**
 * What was read may be known to the page cache alone: whoever wrote it died before it was synced, or the sync
 * failed and the kernel took the pages for written. So the parent without its mark, and the logs that hang from
 * it already, are written again as they are, synced, before a child is removed because of them. What is protected
 * is not written; a log is synced at least.
 */
async function makeCertain(parent: LinkHead, child: LinkHead, context: OpenContext): Promise<void> {
  if (!parent.isProtected) formatNamed(parent.format).changeState(hostFiles, parent.files, (state) => state);
  const searchPaths = context.searchDirectories ?? [];
  for (const { path } of await findDependents(parent.path, { searchPaths, except: [child.path] })) {
    // What can't be reached was not moved. An old-state link was synced before the parent changed.
    const head = headInReach(path);
    if (head === undefined || isOldState(head) || head.state.record?.parentContentId !== parent.state.record?.contentId)
      continue;
    if (protectedFile(head) !== undefined) {
      syncParent({ ...head, state: { ...head.state, isClean: false } });
      continue;
    }
    const lock = await lockFile(path, 'writer', { purpose: 'commit' });
    try {
      const { format, files } = readLinkHead(path);
      formatNamed(format).changeState(hostFiles, files, (same) => same);
    } finally {
      await lock?.release();
    }
  }
}

/** `undefined` for what is gone, or out of reach for this user. Throws disk.io. */
function headInReach(path: string): LinkHead | undefined {
  try {
    return readLinkHead(path);
  } catch (error) {
    if (error instanceof RedoubtError && (error.is('disk.not-found') || error.is('disk.permission'))) return undefined;
    throw error;
  }
}

/**
 * The child is removed already, or half; nothing is known of one whose folder can't be reached. Nobody has removed it
 * before the journal says `done`: until then the folder that is there may be where its drive is mounted at other times,
 * unless it is the parent's own.
 */
async function finishWithoutChild(parent: LinkHead, journal: CommitJournal): Promise<FinishedCommit | undefined> {
  const { path } = journal.child;
  if (journal.phase !== 'done' && dirname(path) !== dirname(parent.path)) return undefined;
  if (!isThere(dirname(path))) return undefined;
  await finishRemoval(path);
  // Nothing was locked: another process may have finished it as well, and begun the next.
  const now = readJournal(parent.path);
  if (now !== undefined && now.parent.newContentId !== journal.parent.newContentId) return undefined;
  await finishCommit(parent, journal, undefined);
  return { parent: parent.path, child: path };
}

/**
 * An old-state link that was made is removed, one that was extended and every segment of the child get the
 * parent's old values back, synced; then the journal goes.
 */
async function rollBack(parent: LinkHead, journal: CommitJournal, child: LinkHead): Promise<void> {
  const { oldContentId, oldGeneration } = journal.parent;
  await undoOldState(parent, journal);
  recordParent(child, journal.child.before ?? { generation: oldGeneration, contentId: oldContentId });
  removeJournal(parent.path);
}

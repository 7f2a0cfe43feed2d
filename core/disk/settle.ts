import { dirname } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { finishCommit } from './commit-steps.ts';
import { judgeCommit, readJournal, removeJournal, type CommitJournal } from './commit-journal.ts';
import { hostFiles } from './disk-file.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import type { OpenContext } from './open-context.ts';
import { parentCandidates } from './parent-check.ts';
import { recordParent } from './record-parent.ts';
import { finishRemoval } from './remove-link.ts';

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

/** A commit that was as good as done and is done now. */
export interface FinishedCommit {
  readonly parent: string;
  readonly child: string;
}

/**
 * Settles all links of a chain, from `file` on, and returns the commits that were finished; their children
 * are gone. A file that is gone is no error here: opening it will say so.
 */
export async function settleChain(file: string, context: OpenContext): Promise<FinishedCommit[]> {
  const finished: FinishedCommit[] = [];
  const seen = new Set<string>();
  let waiting = [file];
  while (waiting.length > 0) {
    const next: string[] = [];
    for (const path of waiting) {
      const head = await settleLink(path, finished);
      if (head === undefined || seen.has(head.identity)) continue;
      seen.add(head.identity);
      if (head.header.parent !== undefined)
        next.push(...parentCandidates(head.path, head.header, context.configDirectory));
    }
    waiting = next;
  }
  return finished;
}

/** Finishes a removal of the link, then settles a commit into it. Returns its head, if it is (still) there. */
async function settleLink(path: string, finished: FinishedCommit[]): Promise<LinkHead | undefined> {
  try {
    await finishRemoval(path);
    const head = readLinkHead(path);
    const journal = readJournal(head.path);
    if (journal === undefined) return head;
    if (await settleJournal(head, journal)) finished.push({ parent: head.path, child: journal.child.path });
    return readLinkHead(path);
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

/** Returns whether the commit is finished now. */
async function settleJournal(parent: LinkHead, journal: CommitJournal): Promise<boolean> {
  const verdict = judgeCommit(journal, parent.header);
  if (verdict !== 'roll-back' && verdict !== 'finish') return false;
  const lock = await lockFile(journal.child.path, 'writer', { purpose: 'commit' });
  try {
    // Judged again: until the lock was ours, its last holder may have gone on.
    const now = readLinkHead(parent.path);
    const still = readJournal(parent.path);
    if (still === undefined || judgeCommit(still, now.header) !== verdict) return false;
    if (verdict === 'finish') await finishCommit(now, still);
    else rollBack(now, still);
    return verdict === 'finish';
  } finally {
    await lock?.release();
  }
}

/** Gives every segment of the child the parent's old values back, synced; then the journal goes. */
function rollBack(parent: LinkHead, journal: CommitJournal): void {
  const child = readLinkHead(journal.child.path);
  if (child.header.record?.linkId !== journal.child.linkId) {
    throw new RedoubtError('disk.commit-unfinished', `${child.path} is not the redo log that was being committed.`, {
      parent: parent.path,
      child: child.path,
    });
  }
  const { oldContentId, oldGeneration } = journal.parent;
  recordParent(child.files, { generation: oldGeneration, contentId: oldContentId });
  hostFiles.syncDirectory(dirname(child.path));
  removeJournal(parent.path);
}

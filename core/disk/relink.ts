import { RedoubtError } from '../base/redoubt-error.ts';
import { approveLink } from './parents/approvals.ts';
import { addChild, removeChild } from './parents/children-list.ts';
import { readJournal } from './commit-journal.ts';
import { hostFiles } from './files/disk-file.ts';
import { checkParent, commitUnfinishedError } from './parents/find-parent.ts';
import { formatNamed } from './formats/open-format.ts';
import { readLinkHead, realPath, type LinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import { LockSet } from './locks/lock-set.ts';
import { refuseOldState } from './parents/old-state.ts';
import type { OpenContext } from './open-context.ts';
import { judgeParent, parentCandidates, storableNames } from './parents/parent-check.ts';
import { checkWritable } from './protection.ts';
import { recordParent } from './parents/record-parent.ts';
import { syncParent } from './parents/sync-parent.ts';
import { closeLinks, followParents, openLinks } from './parents/resolve-chain.ts';
import { settleChain } from './commit/settle.ts';
import { requireTrustedLeaf } from './parents/trust.ts';
import { refuseUnsettled } from './parents/unsettled.ts';

export interface RelinkRequest {
  readonly redo: string;
  /** First file of the new parent. Choosing it approves it. */
  readonly parent: string;
  /**
   * The user was asked, and says so again: the parent is recorded as it is now although its content is not
   * what the log was laid over. What the log reads is a mixture then.
   */
  readonly acceptChanged?: boolean;
  readonly context?: OpenContext;
}

export interface Relinked {
  readonly file: string;
  readonly parent: string;
  /** The parent was not what the log was laid over. */
  readonly wasChanged: boolean;
}

/**
 * Hangs a redo log from another file: its parent that was moved, or a copy of it. The new one is proved like
 * any parent: capacity, content id or generation, no loop; and the chain below it opens.
 *
 * 1. The log is locked for writing, all below it for reading; everything is proved. Nothing has changed.
 * 2. The new parent is approved and lists the log.
 * 3. The log records the new names in every file, synced, the first last; see recordParent. A crash leaves
 *    names of both parents: each leads to where it did before, and the new one is found by what leads to it.
 * 4. The former parent's list loses the log.
 *
 * Throws disk.not-a-redo-log, disk.parent-changed (without `acceptChanged`), disk.capacity-mismatch, disk.loop,
 * disk.commit-unfinished, disk.old-state, disk.locked, disk.read-only, disk.bad-name, disk.permission, disk.io,
 * and what opening the new parent throws.
 */
export async function relinkRedoLog(request: RelinkRequest): Promise<Relinked> {
  const { redo, context = {}, acceptChanged = false } = request;
  requireTrustedLeaf(readLinkHead(redo), context);
  await settleChain(redo, context);
  await settleChain(request.parent, context);
  const { purpose = 'relink', machineName } = context;
  const reason = { purpose, ...(machineName === undefined ? {} : { machineName }) };
  const locks = new LockSet();
  try {
    const { path } = readLinkHead(redo);
    locks.add(await lockFile(path, 'writer', reason));
    const child = readLinkHead(path);
    proveChild(child);
    const chosen = readLinkHead(request.parent);
    refuseLoop(child, chosen);
    locks.add(await lockFile(chosen.path, 'reader', reason));
    const parent = readLinkHead(chosen.path);
    const wasChanged = proveParent(child, parent, acceptChanged);
    const below = await followParents([child, parent], context, async (head) => {
      locks.add(await lockFile(head.path, 'reader', reason));
    });
    closeLinks(
      openLinks(below, { context: { ...context, trustedPaths: [...(context.trustedPaths ?? []), parent.path] } }),
    );
    const names = storableNames(child.path, parent.path);
    // Reading may have taken long enough for somebody to take this process for dead.
    locks.prove();
    approveLink(parent, context);
    await addChild(parent.path, { path, linkId: child.state.record?.linkId, owner: child.state.record?.owner });
    syncParent(parent);
    const { generation, record, sampledContentId } = parent.state;
    recordParent(child, { generation, contentId: record?.contentId ?? sampledContentId }, names);
    await forgetAtFormerParents(child, parent, context);
    checkParent(readLinkHead(path), parent);
    return { file: path, parent: parent.path, wasChanged };
  } finally {
    await locks.release();
  }
}

function proveChild(child: LinkHead): void {
  const { path, state } = child;
  if (state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${path} is no redo log.`, { file: path });
  refuseOldState(child, 'it stays where its parent is');
  if (state.record?.committing !== undefined) throw commitUnfinishedError(child);
  refuseUnsettled(child);
  checkWritable(child);
  for (const file of child.files) formatNamed(child.format).proveWritable(hostFiles, file);
}

/** Before the parent is locked: the lock of the log itself would only say that it is in use. */
function refuseLoop(child: LinkHead, parent: LinkHead): void {
  const linkId = parent.state.record?.linkId;
  const isSame = parent.identity === child.identity || (linkId !== undefined && linkId === child.state.record?.linkId);
  if (!isSame) return;
  const path = [child.path, parent.path];
  throw new RedoubtError('disk.loop', `${child.path} would be its own parent.`, { file: child.path, path });
}

/** Whether the parent has changed, which is accepted. Throws what checkParent throws. */
function proveParent(child: LinkHead, parent: LinkHead, acceptChanged: boolean): boolean {
  const verdict = judgeParent(child.state, parent.state, readJournal(parent.path));
  if (verdict.kind === 'agrees') return false;
  // A half-committed or mixed one is no state that anything could be laid over.
  const isWhole = parent.state.record?.isMixed !== true;
  if (verdict.kind !== 'changed' || !acceptChanged || !isWhole) checkParent(child, parent);
  return true;
}

async function forgetAtFormerParents(child: LinkHead, parent: LinkHead, context: OpenContext): Promise<void> {
  for (const candidate of parentCandidates(child.path, child.state, context.configDirectory)) {
    // By its real name, if it can be had: a list lies beside the file itself.
    if (realPathOr(candidate) !== parent.path) await removeChild(realPathOr(candidate), child.path);
  }
}

function realPathOr(path: string): string {
  try {
    return realPath(path);
  } catch (error) {
    if (error instanceof RedoubtError) return path;
    throw error;
  }
}

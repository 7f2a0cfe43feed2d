import { resolve } from 'node:path';
import { isThere } from '../base/is-there.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { dependentsThrough, findDependents } from './parents/dependents.ts';
import { commitUnfinishedError, findParent } from './parents/find-parent.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import { refuseOldState } from './parents/old-state.ts';
import type { OpenContext } from './open-context.ts';
import { parentCandidates } from './parents/parent-check.ts';
import { checkWritable } from './protection.ts';
import { finishRemoval, removeLink } from './remove-link.ts';
import { settleChain } from './commit/settle.ts';
import { requireTrustedLeaf } from './parents/trust.ts';

export interface DiscardRequest {
  readonly redo: string;
  readonly context?: OpenContext;
  /** Also where its parent is missing or has changed: the log is lost for good anyway. */
  readonly force?: boolean;
  /** The user was told that an old-state link may be needed by disks that nobody here knows. */
  readonly isOldStateMeant?: boolean;
}

/**
 * Removes a redo log with all its segments; its parent is as it was. Throws disk.not-a-redo-log,
 * disk.has-dependents, disk.old-state, disk.locked, disk.commit-unfinished, disk.read-only, disk.untrusted (only a
 * configuration names it), disk.permission, disk.io; without
 * `force` also disk.parent-missing, disk.parent-changed, disk.capacity-mismatch, disk.loop.
 */
export async function discardRedoLog(request: DiscardRequest): Promise<void> {
  const { redo, context = {} } = request;
  if ((await finishRemoval(resolve(redo))) && !isThere(redo)) return;
  requireTrustedLeaf(readLinkHead(redo), context);
  await settleChain(redo, context);
  const { path } = readLinkHead(redo);
  const { purpose = 'discard', machineName } = context;
  const lock = await lockFile(path, 'writer', { purpose, ...(machineName === undefined ? {} : { machineName }) });
  try {
    const head = readLinkHead(path);
    await checkDiscard(head, context, request);
    // Looking for dependents may have taken long enough for somebody to take this process for dead.
    lock?.prove();
    await removeLink(head);
  } finally {
    await lock?.release();
  }
}

async function checkDiscard(head: LinkHead, context: OpenContext, request: DiscardRequest): Promise<void> {
  const { path, state } = head;
  if (state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${path} is no redo log.`, { file: path });
  checkWritable(head);
  if (state.record?.committing !== undefined) throw commitUnfinishedError(head);
  refuseIfCommitting(head, context);
  const searchPaths = context.searchDirectories ?? [];
  const dependents = await dependentsThrough(await findDependents(path, { searchPaths }), searchPaths);
  if (dependents.length > 0) {
    const names = dependents.map((dependent) => dependent.path).join(', ');
    throw new RedoubtError('disk.has-dependents', `Other redo logs hang from ${path}: ${names}.`, {
      file: path,
      dependents,
    });
  }
  if (request.isOldStateMeant !== true) {
    refuseOldState(head, 'disks that are not known here may hang from it; confirm that it may go (--old-state)');
  }
  if (request.force !== true) checkParentOf(head, context);
}

/** A parent that is half-way through taking this log can't do without it. */
function refuseIfCommitting(head: LinkHead, context: OpenContext): void {
  for (const candidate of parentCandidates(head.path, head.state, context.configDirectory)) {
    let parent: LinkHead;
    try {
      parent = readLinkHead(candidate);
    } catch (error) {
      if (error instanceof RedoubtError) continue;
      throw error;
    }
    const mark = parent.state.record?.committing;
    if (mark !== undefined && mark === head.state.record?.linkId) throw commitUnfinishedError(parent);
  }
}

/** What the user should hear before a log is thrown away whose parent is not what it was. Nothing of the parent is needed otherwise. */
function checkParentOf(head: LinkHead, context: OpenContext): void {
  try {
    findParent(head, [head], context);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    if (error.is('disk.untrusted') || error.is('disk.commit-unfinished')) return;
    throw error;
  }
}

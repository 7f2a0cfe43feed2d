import { dirname } from 'node:path';
import { statusOf } from '../../base/file-status.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { isPathApproved } from './approvals.ts';
import { readJournal } from '../commit-journal.ts';
import { readLinkHead, realPath, type LinkHead } from '../link-head.ts';
import type { OpenContext } from '../open-context.ts';
import { oldStatesFor } from './old-state.ts';
import { judgeParent, parentCandidates, type ParentVerdict } from './parent-check.ts';
import { isTrustedParent } from './trust.ts';

/** Why a file is not the parent; the error that is thrown if no other file is. Larger numbers speak first. */
interface Refusal {
  readonly weight: number;
  readonly error: RedoubtError;
  /** It is trusted, but has changed: what stands for its old state may lie beside it. */
  readonly changed?: LinkHead;
}

/**
 * Finds the parent of `child`: the first candidate that is a link, trusted, none of `below` and agrees with
 * what the child recorded. Where there is none, an old-state link beside the candidates that stands for what
 * the child recorded. `below` are the links from the leaf up to the child, with it.
 * Throws disk.parent-missing (with all paths that were tried), disk.parent-changed, disk.capacity-mismatch,
 * disk.loop, disk.untrusted, disk.commit-unfinished, and what reading the only candidate throws.
 */
export function findParent(child: LinkHead, below: readonly LinkHead[], context: OpenContext): LinkHead {
  const tried = parentCandidates(child.path, child.state, context.configDirectory);
  let refusal: Refusal | undefined;
  const changed: LinkHead[] = [];
  for (const path of tried) {
    const found = examine(path, child, below, context);
    if (!('weight' in found)) return found;
    if (found.changed !== undefined) changed.push(found.changed);
    if (refusal === undefined || found.weight > refusal.weight) refusal = found;
  }
  if (refusal?.error.is('disk.commit-unfinished') !== true) {
    const oldState = findOldState(child, tried, below, changed, context);
    if (oldState !== undefined) return oldState;
  }
  if (refusal !== undefined && refusal.weight > 0) throw refusal.error;
  const expected = child.state.parent?.storedName ?? '';
  const message = `The parent of ${child.path}, ${expected}, is not there; tried: ${tried.join(', ')}.`;
  throw new RedoubtError('disk.parent-missing', message, {
    file: child.path,
    expected,
    tried,
  });
}

/** Judges a parent that was found before, now that it is locked. Throws as findParent. */
export function checkParent(child: LinkHead, parent: LinkHead): void {
  const verdict = judgeParent(child.state, parent.state, readJournal(parent.path));
  if (verdict.kind !== 'agrees') throw refusalOf(verdict, child, parent).error;
}

/** An old-state link is as trusted as the file that it lies beside and speaks for. */
function findOldState(
  child: LinkHead,
  tried: readonly string[],
  below: readonly LinkHead[],
  changed: readonly LinkHead[],
  context: OpenContext,
): LinkHead | undefined {
  return oldStatesFor(child, tried).find((head) => {
    if (below.some((link) => link.identity === head.identity)) return false;
    return (
      changed.some(({ path }) => dirname(path) === dirname(head.path)) || isTrustedParent(child.path, head, context)
    );
  });
}

function examine(path: string, child: LinkHead, below: readonly LinkHead[], context: OpenContext): LinkHead | Refusal {
  let parent: LinkHead;
  try {
    refuseSpecialFile(path, context);
    parent = readLinkHead(path);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    // What has a name that no file system takes is nowhere.
    const isNowhere = error.is('disk.not-found') || error.is('disk.bad-name');
    return { weight: isNowhere ? 0 : 1, error: error as RedoubtError };
  }
  const linkId = parent.state.record?.linkId;
  const repeated = below.find(
    (link) => link.identity === parent.identity || (linkId !== undefined && link.state.record?.linkId === linkId),
  );
  if (repeated !== undefined) {
    const chain = [...below.map((link) => link.path), parent.path];
    return {
      weight: 5,
      error: new RedoubtError('disk.loop', `${repeated.path} is its own ancestor.`, { file: child.path, path: chain }),
    };
  }
  if (!isTrustedParent(child.path, parent, context)) {
    const reason = 'it lies outside the folder of the redo log and was never approved';
    const message = `${child.path} names ${parent.path} as its parent: ${reason}.`;
    return {
      weight: 4,
      error: new RedoubtError('disk.untrusted', message, { file: child.path, path: parent.path, reason }),
    };
  }
  const verdict = judgeParent(child.state, parent.state, readJournal(parent.path));
  if (verdict.kind === 'agrees') return parent;
  const refusal = refusalOf(verdict, child, parent);
  return verdict.kind === 'changed' ? { ...refusal, changed: parent } : refusal;
}

/** Opening a device can set it in motion, so what is no regular file is not even opened, unless it was approved. */
function refuseSpecialFile(path: string, context: OpenContext): void {
  const status = statusOf(path);
  if (status === undefined || status.isFile() || isPathApproved(realPath(path), context)) return;
  const reason = 'not a regular file';
  throw new RedoubtError('disk.not-a-disk', `${path} is not a regular file.`, { file: path, reason });
}

function refusalOf(verdict: Exclude<ParentVerdict, { kind: 'agrees' }>, child: LinkHead, parent: LinkHead): Refusal {
  if (verdict.kind === 'committing') return { weight: 3, error: commitUnfinishedError(parent) };
  if (verdict.kind === 'other-capacity') {
    const { capacityBytes, parentCapacityBytes } = verdict;
    const sizes = `${String(capacityBytes)} and ${String(parentCapacityBytes)} bytes`;
    const message = `${child.path} and its parent ${parent.path} differ in size: ${sizes}.`;
    const details = { file: child.path, parent: parent.path, capacityBytes, parentCapacityBytes };
    return { weight: 2, error: new RedoubtError('disk.capacity-mismatch', message, details) };
  }
  const message = `${parent.path} has changed since ${child.path} was made: ${verdict.reason}.`;
  return {
    weight: 2,
    error: new RedoubtError('disk.parent-changed', message, {
      file: child.path,
      parent: parent.path,
      reason: verdict.reason,
    }),
  };
}

/** A commit into `parent` stopped half-way; only the child that is being committed may use it. */
export function commitUnfinishedError(parent: LinkHead): RedoubtError {
  const child = readJournal(parent.path)?.child.path ?? '';
  const message = `A commit into ${parent.path} was not finished${child === '' ? '' : `; commit ${child} again`}.`;
  return new RedoubtError('disk.commit-unfinished', message, { parent: parent.path, child });
}

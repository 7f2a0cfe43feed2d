import { dirname, join } from 'node:path';
import { requireStatus } from '../../base/file-status.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { Chain } from '../chain/chain.ts';
import { keptCopies } from '../check/check-surroundings.ts';
import type { LinkHead } from '../link-head.ts';
import type { FileLock } from '../locks/file-lock.ts';
import { lockFile } from '../locks/file-lock.ts';
import { LockSet } from '../locks/lock-set.ts';
import type { OpenContext } from '../open-context.ts';
import { checkWritable } from '../protection.ts';
import { commitUnfinishedError } from '../parents/find-parent.ts';
import { closeLinks, openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { settleChain } from '../commit/settle.ts';
import { refuseUnsettled } from '../parents/unsettled.ts';
import { shrinkLeaf, type ShrinkOptions } from './shrink-leaf.ts';

export interface ShrinkRequest extends ShrinkOptions {
  readonly file: string;
  readonly context?: OpenContext;
}

export interface ShrinkResult {
  readonly file: string;
  /** Of all files of the disk together: their lengths. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** The format keeps the whole disk as it is: there is nothing to be done for it. */
  readonly isFixedSize: boolean;
}

/**
 * Makes the files of a disk or a redo log as short as what they hold. Generation and content id stay, because what
 * is read stays. A disk that was found unclean is closed clean.
 * Throws disk.locked, disk.read-only (protected, an old state), disk.commit-unfinished, disk.corrupt (to be repaired
 * first), disk.no-space, disk.io, and what opening a chain throws. A signal ends it with job.cancelled: the file is
 * consistent, and what was done stays done.
 */
export async function shrinkDisk(request: ShrinkRequest): Promise<ShrinkResult> {
  const { file, context = {}, signal } = request;
  await settleChain(file, context);
  const locks = new LockSet();
  try {
    const { heads, lock } = await lockChain(file, context, locks);
    const head = heads[0] as LinkHead;
    refuseOldState(head);
    refuseRepaired(head);
    refuseCommitting(heads[1]);
    const beforeBytes = lengthOf(head);
    const isFixedSize = head.format !== 'cowd' && head.format !== 'vmdk';
    const isDone = isFixedSize || (await shrinkChain(heads, lock, request));
    if (!isDone || signal?.aborted === true) throw new RedoubtError('job.cancelled', 'Shrinking was stopped.', {});
    return { file: head.path, beforeBytes, afterBytes: lengthOf(head), isFixedSize };
  } finally {
    await locks.release();
  }
}

async function lockChain(
  file: string,
  context: OpenContext,
  locks: LockSet,
): Promise<{ heads: LinkHead[]; lock: FileLock | undefined }> {
  const { purpose = 'shrink', machineName } = context;
  const reason = { purpose, ...(machineName === undefined ? {} : { machineName }) };
  let lock: FileLock | undefined;
  const heads = await resolveChain(file, context, async (head, position) => {
    if (position === 'leaf') {
      checkWritable(head);
      lock = locks.add(await lockFile(head.path, 'writer', reason));
      refuseUnsettled(head);
    } else {
      locks.add(await lockFile(head.path, 'reader', reason));
    }
  });
  return { heads, lock };
}

async function shrinkChain(
  heads: readonly LinkHead[],
  lock: FileLock | undefined,
  { context = {}, ...options }: ShrinkRequest,
): Promise<boolean> {
  const links = openLinks(heads, {
    context,
    isWritable: true,
    identity: 'keep',
    checkRight: () => {
      lock?.prove();
    },
  });
  try {
    const chain = new Chain(links);
    const isDone = await shrinkLeaf(chain, options);
    await chain.leaf.finishClean({ allSegments: true });
    return isDone;
  } finally {
    closeLinks(links);
  }
}

/** It stands for a state that others need, and is left as it is. */
function refuseOldState({ path, state }: LinkHead): void {
  if (state.record?.standsFor === undefined) return;
  throw new RedoubtError('disk.read-only', `${path} keeps an old state for other logs.`, {
    file: path,
    dependents: [],
  });
}

/** A log that is half in its parent: its resume skips what was copied, and counts that in the order of the log's grains. */
function refuseCommitting(parent: LinkHead | undefined): void {
  if (parent?.state.record?.committing !== undefined) throw commitUnfinishedError(parent);
}

/** What a damaged entry pointed to may still lie between the grains. */
function refuseRepaired({ files }: LinkHead): void {
  for (const file of files) {
    const [kept] = keptCopies(file);
    if (kept === undefined) continue;
    const message = `A repair has kept old entries of ${file}; remove ${join(dirname(file), kept)} first.`;
    const feature = 'shrinking a file of which a repair has kept old entries';
    throw new RedoubtError('disk.unsupported', message, { file, feature });
  }
}

function lengthOf({ files }: LinkHead): number {
  return files.reduce((sum, path) => sum + requireStatus(path).size, 0);
}

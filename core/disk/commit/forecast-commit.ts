import { RedoubtError } from '../../base/redoubt-error.ts';
import type { CommitRequest } from './commit.ts';
import { checkCommit, noRoomError, requireJournalPlace, type CommitChecks, type CommitWay } from './commit-checks.ts';
import { commitRoom, type RoomPlan } from './commit-room.ts';
import { findParent } from '../parents/find-parent.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { findLockHolder } from '../locks/file-lock.ts';
import { refuseOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { openAlone } from '../parents/resolve-chain.ts';

export interface CommitForecast {
  readonly parent: string;
  /** What the parent will take on its file system. */
  readonly needBytes: number;
  readonly freeBytes: number;
  /** Why commitRedoLog would refuse now; absent where it would not. */
  readonly problem?: RedoubtError;
}

/** `dependents`: as commitRedoLog would be asked. Looks ahead at a commit without writing or locking anything. Throws as inspectChain, and disk.not-a-redo-log. */
export async function forecastCommit(
  redo: string,
  context: OpenContext = {},
  dependents?: CommitRequest['dependents'],
): Promise<CommitForecast> {
  const child = readLinkHead(redo);
  if (child.state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${child.path} is no redo log.`, { file: child.path });
  const parent = findParent(child, [child], context);
  const { way, problem: refusal } = await judge(child, parent, { context, dependents });
  const { needBytes, freeBytes } = await measure([child, parent], context, { way, isResumed: isMarked(parent) });
  const problem = refusal ?? (needBytes <= freeBytes ? undefined : noRoomError(parent.path, needBytes, freeBytes));
  return { parent: parent.path, needBytes, freeBytes, ...(problem === undefined ? {} : { problem }) };
}

async function measure(
  [child, parent]: readonly [child: LinkHead, parent: LinkHead],
  context: OpenContext,
  plan: RoomPlan,
): Promise<{ needBytes: number; freeBytes: number }> {
  const childLink = await openAlone(child, context);
  try {
    const parentLink = await openAlone(parent, context);
    try {
      return commitRoom(childLink, parentLink, plan);
    } finally {
      parentLink.close();
    }
  } finally {
    childLink.close();
  }
}

function isMarked(parent: LinkHead): boolean {
  return parent.state.record?.committing !== undefined;
}

async function judge(
  child: LinkHead,
  parent: LinkHead,
  checks: CommitChecks,
): Promise<{ way?: CommitWay; problem?: RedoubtError | undefined }> {
  try {
    refuseOldState(parent, 'commit to a new copy instead');
    requireJournalPlace(parent);
    // One that was interrupted goes on; nobody else can hang from its parent.
    if (isMarked(parent)) return { problem: lockProblem(parent) };
    return { way: await checkCommit(child, parent, checks), problem: lockProblem(parent) };
  } catch (error) {
    if (error instanceof RedoubtError) return { problem: error };
    throw error;
  }
}

function lockProblem(parent: LinkHead): RedoubtError | undefined {
  const holder = findLockHolder(parent.path);
  // The machine that asks may still hold its own locks; it lets go of them before it commits.
  if (holder === undefined || holder.pid === process.pid) return undefined;
  const { pid, host, purpose, machineName } = holder;
  return new RedoubtError('disk.locked', `${parent.path} is in use.`, {
    file: parent.path,
    holder: { pid, host, purpose, isStale: false, ...(machineName === undefined ? {} : { machineName }) },
  });
}

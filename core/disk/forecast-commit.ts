import { RedoubtError } from '../base/redoubt-error.ts';
import { Link } from './chain/link.ts';
import { checkCommit } from './commit-checks.ts';
import { commitRoom } from './commit-room.ts';
import { findParent } from './find-parent.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import { findLockHolder } from './locks/file-lock.ts';
import type { OpenContext } from './open-context.ts';

export interface CommitForecast {
  readonly parent: string;
  /** Upper bound of what the parent will take on its file system. */
  readonly needBytes: number;
  readonly freeBytes: number;
  /** Why commitRedoLog would refuse now; absent where it would not. */
  readonly problem?: RedoubtError;
}

/** Looks ahead at a commit without writing or locking anything. Throws as inspectChain, and disk.not-a-redo-log. */
export async function forecastCommit(redo: string, context: OpenContext = {}): Promise<CommitForecast> {
  const child = readLinkHead(redo);
  if (child.state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${child.path} is no redo log.`, { file: child.path });
  const parent = findParent(child, [child], context);
  const { needBytes, freeBytes } = measure(child, parent);
  const problem = (await problemOf(child, parent, context)) ?? roomProblem(parent.path, needBytes, freeBytes);
  return { parent: parent.path, needBytes, freeBytes, ...(problem === undefined ? {} : { problem }) };
}

function measure(child: LinkHead, parent: LinkHead): { needBytes: number; freeBytes: number } {
  const childLink = Link.open({ files: child.files, format: child.format, isWritable: false });
  try {
    const parentLink = Link.open({ files: parent.files, format: parent.format, isWritable: false });
    try {
      return commitRoom(childLink, parentLink);
    } finally {
      parentLink.close();
    }
  } finally {
    childLink.close();
  }
}

async function problemOf(child: LinkHead, parent: LinkHead, context: OpenContext): Promise<RedoubtError | undefined> {
  try {
    // One that was interrupted goes on; nobody else can hang from its parent.
    if (parent.state.record?.committing === undefined) await checkCommit(child, parent, context);
  } catch (error) {
    if (error instanceof RedoubtError) return error;
    throw error;
  }
  const holder = findLockHolder(parent.path);
  // The machine that asks may still hold its own locks; it lets go of them before it commits.
  if (holder === undefined || holder.pid === process.pid) return undefined;
  const { pid, host, purpose, machineName } = holder;
  return new RedoubtError('disk.locked', `${parent.path} is in use.`, {
    file: parent.path,
    holder: { pid, host, purpose, isStale: false, ...(machineName === undefined ? {} : { machineName }) },
  });
}

function roomProblem(file: string, needBytes: number, freeBytes: number): RedoubtError | undefined {
  if (needBytes <= freeBytes) return undefined;
  return new RedoubtError('disk.no-space', `${file} needs ${String(needBytes)} bytes more.`, {
    file,
    needBytes,
    freeBytes,
  });
}

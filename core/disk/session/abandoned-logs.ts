import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockAbandoned } from '../locks/file-lock.ts';
import { lockFolder } from '../locks/lock-folder.ts';
import { looksLikeRedoLog } from '../names.ts';
import type { OpenContext } from '../open-context.ts';
import { readChildren, type ChildEntry } from '../parents/children-list.ts';
import { findDependents } from '../parents/dependents.ts';
import { isOldState } from '../parents/old-state.ts';
import { parentCandidates } from '../parents/parent-check.ts';
import { resolveChain } from '../parents/resolve-chain.ts';
import { finishRemoval, removeLink } from '../remove-link.ts';
import { privateFolders, removePrivateFolder } from './private-folder.ts';

export interface AbandonedLogsQuery {
  /** The machine that asks: its own logs are looked at besides those that are no machine's. */
  readonly owner?: string;
  /** More folders where such logs are made, for disks beside which no list can be kept. */
  readonly directories?: readonly string[];
  /** Logs that somebody is about to use. */
  readonly kept?: readonly string[];
  readonly context?: OpenContext;
}

/**
 * Removes the redo logs that nonpersistent sessions over a disk, or over what it hangs from, left behind: the
 * process was killed, or the power went. Nobody wants what they hold, and as long as they are there they are
 * dependents, for which commits and writes are refused.
 *
 * A log is removed only if all of this holds; everything else stays:
 * - its lock names a nonpersistent session that is proved to be gone, and nobody has locked it since;
 * - it is neither what is opened, nor what that hangs from, nor to be kept: whoever names it wants what it holds;
 * - it belongs to no machine, or to the one that asks;
 * - its header names the disk as its parent, and has the link id that the disk's list has for it;
 * - nothing hangs from it, nothing is being committed into it, and it is not protected.
 *
 * Returns what was removed. What can't be read or removed stays too; whoever opens the disk hears of it if it
 * matters there.
 */
export async function removeAbandonedLogs(file: string, query: AbandonedLogsQuery = {}): Promise<string[]> {
  const { owner, directories = [], kept = [], context = {} } = query;
  const removed: string[] = [];
  const chain = await chainOf(file, context);
  const inUse = new Set([...chain.map(({ identity }) => identity), ...kept.map((path) => identityOf(path))]);
  for (const link of chain) {
    for (const candidate of candidates(link, directories)) {
      if (candidate.owner !== undefined && candidate.owner !== owner) continue;
      const isRemoved = await orNothing(() => removeIfAbandoned(candidate, link, inUse, owner));
      if (isRemoved === true) removed.push(candidate.path);
    }
  }
  return removed;
}

/**
 * Somebody has chosen a file as a disk: if it is a log that a nonpersistent session left, it is his from now on.
 * Throws as lockFile.
 */
export async function keepAbandonedLog(file: string): Promise<void> {
  const { path } = readLinkHead(file);
  // Taking the lock sweeps what says that nobody wants it.
  const lock = await lockAbandoned(path, 'chosen as a disk', { isKept: true });
  await lock?.release();
}

/** Without locks. A chain that can't be opened is no matter here: its own opening says why. */
async function chainOf(file: string, context: OpenContext): Promise<readonly LinkHead[]> {
  return (await orNothing(() => resolveChain(file, context))) ?? [];
}

type Candidate = Pick<ChildEntry, 'path' | 'linkId' | 'owner'>;

function candidates(link: LinkHead, directories: readonly string[]): Candidate[] {
  const listed = readChildren(link.path);
  const known = new Set(listed.map(({ path }) => path));
  const found = [...directories, ...privateFolders()]
    .flatMap(heldLogsIn)
    .filter((path) => !known.has(path))
    .map((path) => ({ path, linkId: undefined, owner: undefined }));
  return [...listed, ...found];
}

/** Files with the name of a redo log and a lock beside them. */
function heldLogsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => looksLikeRedoLog(name))
      .map((name) => join(folder, name))
      .filter((path) => isThere(lockFolder(path)));
  } catch {
    return [];
  }
}

async function removeIfAbandoned(
  candidate: Candidate,
  link: LinkHead,
  inUse: ReadonlySet<string | undefined>,
  owner: string | undefined,
): Promise<boolean> {
  const { path } = candidate;
  if (!isThere(path)) {
    // The session, or one like us, was killed while it removed the log.
    const isFinished = await finishRemoval(path);
    if (isFinished) removePrivateFolder(dirname(path));
    return isFinished;
  }
  const mayGo = async (head: LinkHead): Promise<boolean> =>
    !inUse.has(head.identity) &&
    isOurs(head, candidate, owner) &&
    namesAsParent(head, link) &&
    (await findDependents(path)).length === 0;
  // Looked at first: taking the lock sweeps what says that the log is abandoned.
  if (!isThere(lockFolder(path)) || !(await mayGo(readLinkHead(path)))) return false;
  const lock = await lockAbandoned(path, 'removing what a nonpersistent session left');
  if (lock === undefined) return false;
  try {
    const head = readLinkHead(path);
    if (!(await mayGo(head))) return false;
    lock.prove();
    await removeLink(head);
  } finally {
    await lock.release();
  }
  removePrivateFolder(dirname(path));
  return true;
}

function isOurs(head: LinkHead, { linkId }: Candidate, owner: string | undefined): boolean {
  const { record } = head.state;
  if (record === undefined || (linkId !== undefined && record.linkId !== linkId)) return false;
  const isNobodys = record.owner === undefined || record.owner === owner;
  return isNobodys && record.committing === undefined && !head.isProtected && !isOldState(head);
}

function namesAsParent(head: LinkHead, link: LinkHead): boolean {
  if (head.state.parent === undefined || !looksLikeRedoLog(basename(head.path))) return false;
  return parentCandidates(head.path, head.state, undefined).some((path) => identityOf(path) === link.identity);
}

/** `undefined` for what is no link, or can't be read. */
function identityOf(path: string): string | undefined {
  try {
    return readLinkHead(path).identity;
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

async function orNothing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

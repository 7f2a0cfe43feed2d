import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { ErrorCode } from '../../api/errors.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { commitRoom, type RoomPlan } from './commit-room.ts';
import type { Link } from '../chain/link.ts';
import { dependentsThrough, findDependents } from '../parents/dependents.ts';
import { hostFiles } from '../files/disk-file.ts';
import { formatNamed } from '../formats/open-format.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { isOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { storableNames } from '../parents/parent-check.ts';
import { checkWritable, protectedFile } from '../protection.ts';

/** How a commit treats the logs that hang from its parent, besides the one that is committed. */
export type CommitWay =
  /** There are none, or they are given up. */
  | { readonly kind: 'plain' }
  /** An old-state link takes what they read: a new one, or the one that is the parent's only other dependent. */
  | { readonly kind: 'preserve'; readonly extended: LinkHead | undefined };

export interface CommitChecks {
  readonly context: OpenContext;
  readonly dependents?: 'refuse' | 'preserve' | 'break' | undefined;
}

/**
 * What must hold before a commit begins, and how it has to be done. Throws disk.read-only (with the
 * dependents), disk.has-dependents (of the parent; of the log, where one of them can't be reached and so
 * can't be told of its new parent), disk.permission, disk.unsupported (a file with several hard links, or
 * marked inconsistent).
 */
export async function checkCommit(
  child: LinkHead,
  parent: LinkHead,
  { context, dependents: wish = 'refuse' }: CommitChecks,
): Promise<CommitWay> {
  const searchPaths = context.searchDirectories ?? [];
  const dependents = await findDependents(parent.path, { searchPaths, except: [child.path] });
  const file = protectedFile(parent);
  if (file !== undefined) {
    const all = await dependentsThrough(dependents, searchPaths);
    throw new RedoubtError('disk.read-only', `${file} is protected against writing${named(all)}.`, {
      file,
      dependents: all,
    });
  }
  if (dependents.length > 0 && wish === 'refuse') {
    throw hasDependents(parent.path, await dependentsThrough(dependents, searchPaths));
  }
  checkWritable(child);
  const nested = await findDependents(child.path, { searchPaths });
  const heads = nested.map(({ path }) => headOrNothing(path));
  const outOfReach = nested.filter((_, index) => heads[index] === undefined);
  if (outOfReach.length > 0 && wish !== 'break') throw hasDependents(child.path, outOfReach);
  for (const head of [child, parent, ...heads]) {
    if (head === undefined) continue;
    for (const path of head.files) formatNamed(head.format).proveWritable(hostFiles, path);
  }
  for (const head of heads) if (head !== undefined) proveMovable(head, parent);
  if (wish !== 'preserve') return { kind: 'plain' };
  return { kind: 'preserve', extended: extensible(parent, dependents) };
}

/**
 * A log that hangs from the one that goes gets the parent instead. A descriptor can't be given a longer name, and
 * after the commit point it would be too late to say so. Throws disk.unsupported, disk.bad-name.
 */
function proveMovable({ path, format, state }: LinkHead, parent: LinkHead): void {
  const { storedName } = storableNames(path, parent.path);
  if (format === 'cowd' || state.parent?.storedName === storedName) return;
  throw new RedoubtError('disk.unsupported', `${path} hangs from the log and can't be given another parent.`, {
    file: path,
    feature: 'another name for the parent',
  });
}

/** The journal of a commit lies beside the parent. Throws disk.permission where nothing can be written there. */
export function requireJournalPlace(parent: LinkHead): void {
  const folder = dirname(parent.path);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const sentence = `${folder} can't be written, so a commit into ${parent.path} could not keep its journal`;
    throw new RedoubtError(
      'disk.permission',
      `${sentence}; commit to a new copy instead (--to-copy).`,
      { file: parent.path, operation: 'keep a commit journal beside' },
      { cause },
    );
  }
}

/** Throws disk.no-space if a file system has no room for what will be written. Returns how much will be copied. */
export function checkRoom(child: Link, parents: readonly Link[], plan: RoomPlan): number {
  const { copyBytes, needBytes, freeBytes, file } = commitRoom(child, parents[0] as Link, plan);
  if (needBytes <= freeBytes) return copyBytes;
  throw noRoomError(file, needBytes, freeBytes);
}

export function noRoomError(file: string, needBytes: number, freeBytes: number): RedoubtError<'disk.no-space'> {
  const message = `${file} needs ${String(needBytes)} bytes more, and ${String(freeBytes)} are free.`;
  return new RedoubtError('disk.no-space', message, { file, needBytes, freeBytes });
}

/** An old-state link that is the only other dependent, and lies where it can be written. Throws disk.io. */
function extensible(parent: LinkHead, dependents: readonly { path: string }[]): LinkHead | undefined {
  const [only, ...others] = dependents;
  if (only === undefined || others.length > 0 || dirname(only.path) !== dirname(parent.path)) return undefined;
  const head = headOrNothing(only.path, 'disk.permission');
  if (head === undefined || !isOldState(head)) return undefined;
  return protectedFile(head) === undefined ? head : undefined;
}

/** `undefined` where the host refuses, or refuses for this reason. */
function headOrNothing(path: string, reason?: ErrorCode): LinkHead | undefined {
  try {
    return readLinkHead(path);
  } catch (error) {
    if (!(error instanceof RedoubtError) || error.kind !== 'environment') throw error;
    if (reason === undefined || error.code === reason) return undefined;
    throw error;
  }
}

function hasDependents(file: string, dependents: readonly { path: string }[]): RedoubtError {
  return new RedoubtError('disk.has-dependents', `Other redo logs hang from ${file}${named(dependents)}.`, {
    file,
    dependents: [...dependents],
  });
}

function named(dependents: readonly { path: string }[]): string {
  return dependents.length === 0 ? '' : `: ${dependents.map(({ path }) => path).join(', ')}`;
}

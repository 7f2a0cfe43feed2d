import { basename, dirname, isAbsolute, relative, resolve, win32 } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { CommitJournal } from '../commit-journal.ts';
import { formatCid } from '../formats/descriptor/descriptor.ts';
import type { LinkRecord, LinkState } from '../formats/link-state.ts';
import { hasCid } from '../formats/sidecar-state.ts';

/** Where a child's parent may lie and whether a file is it. Pure. */

/** Bytes of the header's field, less the final NUL. */
const longestStoredName = 1023;
const CID_DIGITS = 8;
const SAMPLES_DIGITS = 32;

/**
 * The paths to try, in order: the relative path, the stored name from the child's folder, then from the
 * configuration's, then the same file name beside the child.
 */
export function parentCandidates(childPath: string, state: LinkState, configDirectory: string | undefined): string[] {
  const storedName = state.parent?.storedName ?? '';
  const relativePath = state.record?.relativePath;
  const folder = dirname(childPath);
  const paths = [
    ...(relativePath === undefined ? [] : [resolve(folder, relativePath)]),
    resolve(folder, storedName),
    ...(configDirectory === undefined ? [] : [resolve(configDirectory, storedName)]),
    // A name from Windows has its folders between backslashes, which are ordinary characters elsewhere.
    resolve(folder, storedName.includes('\\') ? win32.basename(storedName) : basename(storedName)),
  ];
  return [...new Set(paths)];
}

/** How a child stores its parent's name: bare if it lies beside, else absolute; and the relative path. */
export function parentNames(childPath: string, parentPath: string): { storedName: string; relativePath: string } {
  const folder = dirname(childPath);
  const storedName = dirname(parentPath) === folder ? basename(parentPath) : parentPath;
  const path = relative(folder, parentPath);
  // On Windows another drive has no relative path.
  return { storedName, relativePath: isAbsolute(path) ? '' : path.replaceAll('\\', '/') };
}

/** The same. Throws disk.bad-name where the child's header has no room for the name. */
export function storableNames(childPath: string, parentPath: string): ReturnType<typeof parentNames> {
  const names = parentNames(childPath, parentPath);
  const { storedName } = names;
  if (Buffer.byteLength(storedName) <= longestStoredName) return names;
  throw new RedoubtError('disk.bad-name', `The path ${storedName} is too long for a redo log to name it.`, {
    value: storedName,
    reason: 'too long',
  });
}

export type ParentVerdict =
  | { readonly kind: 'agrees' }
  /** Another child is being committed into it. */
  | { readonly kind: 'committing' }
  | { readonly kind: 'other-capacity'; readonly capacityBytes: number; readonly parentCapacityBytes: number }
  | { readonly kind: 'changed'; readonly reason: string };

/** A state of a link: by its content id where it has one. */
interface State {
  readonly contentId: string | undefined;
  readonly generation: number;
}

/**
 * Whether `parent` is what `child` was laid over, or stands for it. Content ids decide where both have them,
 * else the generation. Half-way through a commit the parent's journal says more: a child with the new values
 * of a parent that did not change, and a log of the committed child that has not been told of its new parent.
 */
export function judgeParent(child: LinkState, parent: LinkState, journal: CommitJournal | undefined): ParentVerdict {
  const committing = parent.record?.committing;
  if (committing !== undefined && committing !== child.record?.linkId) return { kind: 'committing' };
  const capacity = child.capacityBytes;
  const parentCapacity = parent.capacityBytes;
  if (capacity !== undefined && parentCapacity !== undefined && capacity !== parentCapacity) {
    return { kind: 'other-capacity', capacityBytes: capacity, parentCapacityBytes: parentCapacity };
  }
  const standsFor = parent.record?.standsFor;
  // Wherever the abandoned commit may have written, an old-state link has the old content.
  if (parent.record?.isMixed === true && child.record?.standsFor === undefined)
    return { kind: 'changed', reason: 'a commit into it was abandoned half-way' };
  const expected = { contentId: child.record?.parentContentId, generation: child.parent?.generation ?? 0 };
  const found = { contentId: parent.record?.contentId ?? parent.sampledContentId, generation: parent.generation };
  if (isSameState(expected, found) || (standsFor !== undefined && isStoodFor(expected, standsFor)))
    return { kind: 'agrees' };
  if (isProvedOtherwise(expected, parent)) return { kind: 'agrees' };
  if (isRollBackPending(child, parent, journal) || isMovePending(child, parent, journal)) return { kind: 'agrees' };
  const reason =
    expected.contentId !== undefined && found.contentId !== undefined
      ? `content id ${found.contentId} instead of ${expected.contentId}`
      : `generation ${String(found.generation)} instead of ${String(expected.generation)}`;
  return { kind: 'changed', reason };
}

function isSameState(expected: State, found: State): boolean {
  if (expected.contentId !== undefined && found.contentId !== undefined) return expected.contentId === found.contentId;
  return expected.generation === found.generation;
}

/**
 * A parent that keeps its record beside the disk may have had none when the child was made, or may have lost it
 * since: then its CID, or samples of its content, prove that it is the same.
 */
function isProvedOtherwise(expected: State, { sampledContentId, cid }: LinkState): boolean {
  const { contentId, generation } = expected;
  if (contentId === undefined) return cid !== undefined && generation === cid;
  // What is sampled may have been written by a program that knows no CID.
  if (sampledContentId !== undefined) return contentId === sampledContentId;
  // A record that was lost and made anew has another content id for the same content; the CID is the disk's own.
  return cid !== undefined && hasCid(contentId, cid);
}

/** The same for a state that is gone, and that an old-state link speaks for. */
function isStoodFor(expected: State, standsFor: NonNullable<LinkRecord['standsFor']>): boolean {
  const { knownAs } = standsFor;
  if (knownAs === undefined) return isSameState(expected, standsFor);
  const { contentId, generation } = expected;
  const cid = knownAs.length === SAMPLES_DIGITS ? undefined : knownAs.slice(0, CID_DIGITS);
  const samples = knownAs.length === CID_DIGITS ? undefined : knownAs.slice(-SAMPLES_DIGITS);
  if (contentId === undefined) return cid !== undefined && generation === parseInt(cid, 16);
  if (contentId === standsFor.contentId) return true;
  // As of the parent itself: samples are asked where there are any.
  return samples === undefined ? cid !== undefined && contentId.startsWith(cid) : contentId === samples;
}

/** What children can know a state of their parent by besides a content id of a record and a generation: see LinkRecord.standsFor. */
export function otherNameOf({ sampledContentId = '', cid }: LinkState): string | undefined {
  const name = (cid === undefined ? '' : formatCid(cid)) + sampledContentId;
  return name === '' ? undefined : name;
}

/** The child, or an old-state link that is extended, has the new values already, and the parent has the old ones. */
function isRollBackPending(child: LinkState, parent: LinkState, journal: CommitJournal | undefined): boolean {
  const record = child.record;
  if (journal === undefined || record === undefined) return false;
  const isMeant =
    journal.child.linkId === record.linkId || (journal.oldState !== undefined && record.standsFor !== undefined);
  return (
    isMeant &&
    hasRecorded(child, journal.parent.newContentId) &&
    parent.record?.contentId === journal.parent.oldContentId &&
    parent.generation === journal.parent.oldGeneration
  );
}

/** Whether a child has recorded that content of its parent; a descriptor has room for its first eight digits. */
export function hasRecorded({ parent, record }: LinkState, contentId: string): boolean {
  if (record?.parentContentId !== undefined) return record.parentContentId === contentId;
  return parent?.generation === parseInt(contentId.slice(0, CID_DIGITS), 16);
}

/** The parent has everything that the committed child had, which is what this child still records. */
function isMovePending(child: LinkState, parent: LinkState, journal: CommitJournal | undefined): boolean {
  const { record } = parent;
  if (journal === undefined || record?.contentId !== journal.parent.newContentId) return false;
  return record.committing === undefined && child.record?.parentContentId === journal.child.contentId;
}

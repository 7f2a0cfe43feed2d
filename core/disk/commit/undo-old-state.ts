import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileError } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { removeChildrenList } from '../parents/children-list.ts';
import type { CommitJournal } from '../commit-journal.ts';
import { hostFiles } from '../files/disk-file.ts';
import { readLinkHead, readSegmentHead, type LinkHead } from '../link-head.ts';
import { lockFile } from '../locks/file-lock.ts';
import { oldStateName, segmentName } from '../names.ts';
import { parentNames } from '../parents/parent-check.ts';
import { recordParent } from '../parents/record-parent.ts';

/** What the largest disk of the format is split into. */
const mostSegments = 1100;

/**
 * Takes the old-state link of a commit back, because the commit did not change the parent: one that was made for it
 * is removed, however much of it there is; one that was extended gets its old parent record back and keeps what was
 * added, which reads the same. The journal is untrusted: what it names must lie beside the parent and prove to be
 * the one or the other. Throws disk.locked, disk.permission, disk.io.
 */
export async function undoOldState(parent: LinkHead, journal: CommitJournal): Promise<void> {
  const { oldState, oldStateLinkId } = journal;
  if (oldState === undefined || dirname(resolve(oldState)) !== dirname(parent.path)) return;
  if (oldStateLinkId === undefined) takeRecordBack(oldState, journal);
  else if (isNameOfOldState(oldState, parent.path)) await removeMade(resolve(oldState), oldStateLinkId, parent);
}

function takeRecordBack(oldState: string, { parent: values }: CommitJournal): void {
  const head = headOrNothing(oldState);
  const record = head?.state.record;
  if (head === undefined || record?.standsFor === undefined || record.parentContentId !== values.newContentId) return;
  recordParent(head, { generation: values.oldGeneration, contentId: values.oldContentId });
}

/** `undefined` for what is gone or damaged: nobody can lie over it. */
function headOrNothing(path: string): LinkHead | undefined {
  try {
    return readLinkHead(path);
  } catch (error) {
    if (error instanceof RedoubtError && (error.kind !== 'environment' || error.is('disk.not-found'))) return undefined;
    throw error;
  }
}

function isNameOfOldState(path: string, parent: string): boolean {
  const suffix = /\.was_([0-9a-f]{6})$/.exec(path)?.[1];
  return suffix !== undefined && basename(path) === oldStateName(basename(parent), suffix);
}

/**
 * The first file goes first, durably: without it the others are nothing. Whatever a crash leaves of them is found
 * again, because the journal goes last. The first may be missing from the start, because it was made last.
 */
async function removeMade(first: string, linkId: string, parent: LinkHead): Promise<void> {
  const lock = await lockFile(first, 'writer', { purpose: 'removing' });
  try {
    const [head, ...rest] = filesOf(first).filter((path) => isOfMaking(path, linkId, parent));
    if (head === undefined) return;
    hostFiles.remove(head);
    hostFiles.syncDirectory(dirname(first));
    for (const path of rest) hostFiles.remove(path);
    if (rest.length > 0) hostFiles.syncDirectory(dirname(first));
    removeChildrenList(first);
  } finally {
    await lock?.release();
  }
}

/** Those that are there of the names that an old-state link can have, in order. There may be gaps: the last was made first. */
function filesOf(first: string): string[] {
  const folder = dirname(first);
  let names: Set<string>;
  try {
    names = new Set(readdirSync(folder));
  } catch (error) {
    throw asFileError(error, folder, 'read');
  }
  const wanted = Array.from({ length: mostSegments }, (_, index) => segmentName(basename(first), index + 1));
  return wanted.filter((name) => names.has(name)).map((name) => join(folder, name));
}

/**
 * Whether a file is of the old-state link that was being made, and not of another that has got the name since. Power
 * loss may have kept any part of a header that was never synced: it is no header then, or one without our line.
 */
function isOfMaking(path: string, linkId: string, parent: LinkHead): boolean {
  try {
    const { record, parent: recorded } = readSegmentHead(path).state;
    if (record !== undefined) return record.linkId === linkId;
    return recorded?.storedName === parentNames(path, parent.path).storedName;
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    if (error.kind === 'data' || error.is('disk.unsupported')) return true;
    throw error;
  }
}

import { basename, dirname, join } from 'node:path';
import { removeFile } from '../base/atomic-file.ts';
import { isThere } from '../base/is-there.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { journalFile } from './commit-journal.ts';
import { removeChild, removeChildrenList } from './parents/children-list.ts';
import { hostFiles } from './files/disk-file.ts';
import { descriptorOfExtent } from './formats/descriptor/described-files.ts';
import type { LinkState } from './formats/link-state.ts';
import { sidecarFile } from './formats/sidecar.ts';
import { readSegmentHead, realPath, type LinkHead, type SegmentHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import { parentCandidates } from './parents/parent-check.ts';
import { segmentPath } from './segment-paths.ts';

const ending = '.removing';

/**
 * Removes all files of a redo log. The caller holds its writer lock.
 *
 * 1. The first segment is renamed to `….removing`: the commit point. Before it the log is whole, after it
 *    there is no log. The folder is synced.
 * 2. The further segments are unlinked, each only after its header proved that it belongs to the log (the extents of
 *    another program's snapshot, after header and name did), and the folder is synced; then the renamed first, and again.
 *    The journal of a commit into the log goes before it.
 * 3. The log's own list of children and its record, if it has one beside it, go, and its entry in its parent's.
 *
 * What a crash leaves after 1 is finished by `finishRemoval`.
 */
export async function removeLink(head: LinkHead): Promise<void> {
  const aside = removingName(head.path);
  if (isThere(aside)) await finishRemovalLocked(head.path);
  hostFiles.rename(head.path, aside);
  hostFiles.syncDirectory(dirname(head.path));
  await unlinkFiles(head.path, head);
}

/**
 * Finishes a removal that was cut off. Returns whether there was one. `path`: the first segment's old one.
 * Throws disk.locked while somebody else is at it, disk.not-a-redo-log, and what reading a header throws.
 */
export async function finishRemoval(path: string): Promise<boolean> {
  if (!isThere(removingName(path))) return false;
  const file = join(realPath(dirname(path)), basename(path));
  const lock = await lockFile(file, 'writer', { purpose: 'removing' });
  try {
    return await finishRemovalLocked(file);
  } finally {
    await lock?.release();
  }
}

/** Whether a file is what is left of a log that is being removed. */
export function isRemovingName(path: string): boolean {
  return path.endsWith(ending);
}

/** The writer lock is held. */
async function finishRemovalLocked(path: string): Promise<boolean> {
  const aside = removingName(path);
  if (!isThere(aside)) return false;
  const head = readSegmentHead(aside);
  const { state } = head;
  if (state.ordinal !== 0 || state.parent === undefined) {
    throw new RedoubtError('disk.not-a-redo-log', `${aside} is no redo log that was being removed.`, { file: aside });
  }
  if (isOfPresentLink(path, state)) return false;
  // Whoever renamed it may have died before the new name was durable.
  hostFiles.syncDirectory(dirname(path));
  await unlinkFiles(path, head);
  return true;
}

/** Whether the further segments may belong to a link that is there under the old name: then nothing was being removed. */
function isOfPresentLink(path: string, removed: LinkState): boolean {
  if (!isThere(path)) return false;
  const linkId = removed.record?.linkId;
  return linkId === undefined || readSegmentHead(path).state.record?.linkId === linkId;
}

async function unlinkFiles(path: string, { state, files = [], format }: SegmentHead): Promise<void> {
  if (format === 'cowd') {
    for (let part = 2; part <= state.fileCount; part++) {
      const file = segmentPath(path, part);
      if (belongsTo(file, state, part)) hostFiles.remove(file);
    }
  } else {
    for (const file of files.slice(1)) if (isExtentOf(file, path)) hostFiles.remove(file);
  }
  // Of a commit into the log whose own log is lost: beside another log of the name it would be in the way.
  if (!isThere(path)) removeSideFile(journalFile(path));
  // Without the first nobody would look for the others again.
  if (state.fileCount > 1) hostFiles.syncDirectory(dirname(path));
  hostFiles.remove(removingName(path));
  hostFiles.syncDirectory(dirname(path));
  if (!isThere(path)) {
    removeChildrenList(path);
    removeSideFile(sidecarFile(path));
  }
  for (const parent of parentCandidates(path, state, undefined)) await removeChild(parent, path);
}

/** For a link that is gone. Where that is refused it stays, and speaks of nothing. */
function removeSideFile(file: string): void {
  try {
    removeFile(file);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
  }
}

/** Whether a file is that segment of the log, and not another log's that has got the name since. */
function belongsTo(file: string, first: LinkState, part: number): boolean {
  if (!isThere(file)) return false;
  try {
    const { state } = readSegmentHead(file);
    return (
      state.ordinal === part - 1 &&
      state.fileCount === first.fileCount &&
      state.record?.linkId === first.record?.linkId &&
      state.parent?.storedName === first.parent?.storedName
    );
  } catch (error) {
    if (error instanceof RedoubtError && error.kind === 'data') return false;
    throw error;
  }
}

/**
 * Whether a file that a descriptor names is an extent of its disk alone: by the usual name, beside it, sparse, and no
 * disk by itself. A descriptor is untrusted, and its extents do not say whose they are.
 */
function isExtentOf(file: string, first: string): boolean {
  if (!isThere(file) || descriptorOfExtent(file)?.path !== first) return false;
  try {
    const { format, files, state } = readSegmentHead(file);
    return format === 'vmdk' ? files === undefined : format === 'cowd' && state.record === undefined;
  } catch (error) {
    if (error instanceof RedoubtError && error.kind === 'data') return false;
    throw error;
  }
}

/** The first file of a log while the log is being removed. */
export function removingName(path: string): string {
  return `${path}${ending}`;
}

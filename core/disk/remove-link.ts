import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { removeChild } from './children-list.ts';
import { hostFiles } from './disk-file.ts';
import type { CowdHeader } from './formats/cowd/header.ts';
import { readSegmentHead, segmentPath, type LinkHead } from './link-head.ts';
import { parentCandidates } from './parent-check.ts';

const ending = '.removing';

/**
 * Removes all files of a redo log. The caller holds its writer lock.
 *
 * 1. The first segment is renamed to `….removing`: the commit point. Before it the log is whole, after it
 *    there is no log. The folder is synced.
 * 2. The further segments are unlinked, each only after its header proved that it belongs to the log; then
 *    the renamed first; the folder is synced.
 * 3. The log's entry in its parent's list goes.
 *
 * What a crash leaves after 1 is finished by `finishRemoval`.
 */
export async function removeLink(head: LinkHead): Promise<void> {
  const aside = removingName(head.path);
  if (isThere(aside)) await finishRemoval(head.path);
  hostFiles.rename(head.path, aside);
  hostFiles.syncDirectory(dirname(head.path));
  await unlinkFiles(head.path, head.header);
}

/** Finishes a removal that was cut off. Returns whether there was one. `path`: the first segment's old one. */
export async function finishRemoval(path: string): Promise<boolean> {
  const aside = removingName(path);
  if (!isThere(aside)) return false;
  const { header } = readSegmentHead(aside);
  if (header.ordinal !== 0 || header.parent === undefined) {
    throw new RedoubtError('disk.not-a-redo-log', `${aside} is no redo log that was being removed.`, { file: aside });
  }
  await unlinkFiles(path, header);
  return true;
}

/** Whether a file is what is left of a log that is being removed. */
export function isRemovingName(path: string): boolean {
  return path.endsWith(ending);
}

async function unlinkFiles(path: string, header: CowdHeader): Promise<void> {
  for (let part = 2; part <= header.fileCount; part++) {
    const file = segmentPath(path, part);
    if (belongsTo(file, header, part)) hostFiles.remove(file);
  }
  hostFiles.remove(removingName(path));
  hostFiles.syncDirectory(dirname(path));
  for (const parent of parentCandidates(path, header, undefined)) await removeChild(parent, path);
}

/** Whether a file is that segment of the log, and not another log's that has got the name since. */
function belongsTo(file: string, first: CowdHeader, part: number): boolean {
  if (!isThere(file)) return false;
  try {
    const { header } = readSegmentHead(file);
    return (
      header.ordinal === part - 1 &&
      header.fileCount === first.fileCount &&
      header.record?.linkId === first.record?.linkId
    );
  } catch (error) {
    if (error instanceof RedoubtError && error.kind === 'data') return false;
    throw error;
  }
}

function removingName(path: string): string {
  return `${path}${ending}`;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

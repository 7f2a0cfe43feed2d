import { dirname } from 'node:path';
import { isThere } from '../base/is-there.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { hostFiles } from './disk-file.ts';
import { createExtent, type NewExtent } from './formats/cowd/create-extent.ts';
import { markMaking, sweepUnfinished, unmarkMaking } from './unfinished-files.ts';

export interface NewFilesOptions {
  /** Default true. */
  readonly isSynced?: boolean;
  /** The name was chosen by somebody and will be tried again after a crash: leftovers must not keep it taken. */
  readonly isLastingName?: boolean;
}

/**
 * Makes the files of a new link, all or none, synced with their folder. The first is made last, when the
 * others are on the device: its name is the link's, so a crash in between leaves no link.
 * Throws disk.exists (with the file), disk.permission, disk.not-found (the folder), disk.no-space,
 * disk.bad-size, disk.io.
 */
export function createLinkFiles(extents: readonly NewExtent[], options: NewFilesOptions = {}): void {
  const [first, ...rest] = extents;
  if (first === undefined) return;
  const { isSynced = true, isLastingName = false } = options;
  const isMarked = isSynced && isLastingName;
  if (isMarked) mark(first, extents);
  const made: string[] = [];
  try {
    for (const extent of rest.reverse()) {
      createExtent(hostFiles, extent, { isSynced });
      made.push(extent.path);
    }
    if (isSynced && made.length > 0) hostFiles.syncDirectory(dirname(first.path));
    createExtent(hostFiles, first, { isSynced });
    made.push(first.path);
    if (isSynced) hostFiles.syncDirectory(dirname(first.path));
  } catch (error) {
    for (const path of made.reverse()) hostFiles.remove(path);
    throw error;
  } finally {
    if (isMarked) unmarkMaking(first.path);
  }
}

/** Only for names that are all free: what the mark names was made after it. */
function mark(first: NewExtent, extents: readonly NewExtent[]): void {
  sweepUnfinished(first.path);
  const files = extents.map(({ path }) => path);
  const taken = files.find(isThere);
  if (taken !== undefined) throw new RedoubtError('disk.exists', `${taken} exists already.`, { file: taken });
  markMaking(first.path, files, first.record.linkId);
}

import { dirname } from 'node:path';
import { assert } from '../../base/assert.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from './disk-file.ts';
import { createExtent, planExtent, type NewExtent } from '../formats/cowd/create-extent.ts';
import { entriesPerTable } from '../formats/cowd/dialect.ts';
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
  checkTables(extents);
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
    createExtent(hostFiles, first, { isSynced, isProof: true });
    made.push(first.path);
    if (isSynced) hostFiles.syncDirectory(dirname(first.path));
  } catch (error) {
    removeNewFiles(made.reverse(), { isSynced });
    throw error;
  } finally {
    if (isMarked) unmarkMaking(first.path);
  }
}

/**
 * The entries of a table are stored nowhere: readers go by the largest segment, and a disk smaller than one table in
 * small grains has the larger tables to them. One with smaller tables could not be opened again.
 */
function checkTables(extents: readonly NewExtent[]): void {
  const [largest] = [...extents].sort((a, b) => b.spanSectors - a.spanSectors);
  if (largest === undefined) return;
  const { header } = planExtent(largest);
  const read = entriesPerTable(header) ?? 0;
  if (read <= (largest.entriesPerTable ?? largest.dialect.entriesPerTable)) return;
  const reason = `a disk as small as this with grains of ${String(header.grainSectors)} sectors is read with ${String(read)} entries a table`;
  throw new RedoubtError('usage.bad-argument', `${largest.path} can't be made: ${reason}.`, {
    argument: 'grainSectors',
    reason,
  });
}

/**
 * Takes files that were just made back, the first first and durably, so that no link is left without its others. As
 * far as it can be done: whoever calls has a failure to tell already.
 */
export function removeNewFiles(files: readonly string[], { isSynced = true }: { isSynced?: boolean } = {}): void {
  const [first, ...rest] = files;
  if (first === undefined) return;
  try {
    hostFiles.remove(first);
    if (isSynced) hostFiles.syncDirectory(dirname(first));
    for (const path of rest) hostFiles.remove(path);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
  }
}

/** Only for names that are all free: what the mark names was made after it. */
function mark(first: NewExtent, extents: readonly NewExtent[]): void {
  sweepUnfinished(first.path);
  const files = extents.map(({ path }) => path);
  const taken = files.find(isThere);
  if (taken !== undefined) throw new RedoubtError('disk.exists', `${taken} exists already.`, { file: taken });
  assert(first.record !== undefined, 'a link that can prove what is its own');
  markMaking(first.path, files, first.record.linkId);
}

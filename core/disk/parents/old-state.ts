import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { judgeParent } from './parent-check.ts';

/**
 * Old-state links. A commit that preserves dependents leaves one beside the parent, `PARENT.was_xxxxxx`: it
 * holds what the parent read before, wherever the commit wrote, and hangs from the parent as it is now. Its
 * record says for which state of the parent it *stands*. A log that recorded that state finds the parent
 * changed, looks beside it, and lies over the old-state link instead; so no log has to be written when its
 * parent takes a commit. The next commit makes another, which the first then hangs from.
 *
 * What a file is, its header says. Its name only saves reading every file of the folder.
 */

/** Whether a link is an old-state link. */
export function isOldState({ state }: Pick<LinkHead, 'state'>): boolean {
  return state.record?.standsFor !== undefined;
}

/** Throws disk.old-state for a link that is only read because others need what it keeps. `instead`: what can be done. */
export function refuseOldState(head: LinkHead, instead: string): void {
  if (!isOldState(head)) return;
  const message = `${head.path} keeps an old state that other disks need, and is only read; ${instead}.`;
  throw new RedoubtError('disk.old-state', message, { file: head.path });
}

/**
 * The old-state links that stand for what `child` recorded of its parent, beside the files that it could be.
 * `tried`: those files' paths, whether they are there or not. Throws disk.io where there is none among those that
 * can be read now, and others can't.
 */
export function oldStatesFor(child: LinkHead, tried: readonly string[]): LinkHead[] {
  if (child.state.parent === undefined) return [];
  const folders = [...new Set(tried.map((path) => realFolder(path)))];
  const found = folders.map((folder) => oldStatesIn(folder));
  const standing = found
    .flatMap(({ heads }) => heads)
    .filter(
      (head) => head.identity !== child.identity && judgeParent(child.state, head.state, undefined).kind === 'agrees',
    );
  const failure = found.flatMap(({ failures }) => failures).find((error) => error.is('disk.io'));
  if (standing.length === 0 && failure !== undefined) throw failure;
  return standing;
}

/**
 * The old-state links beside a parent that hang from the state that it has now. Throws disk.permission, disk.io where
 * one can't be read: whoever overlooked it would take from its logs what it keeps for them.
 */
export function oldStatesOver({ path, state }: LinkHead): LinkHead[] {
  const contentId = state.record?.contentId;
  if (contentId === undefined) return [];
  const { heads, failures } = oldStatesIn(dirname(path));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return heads.filter((head) => head.state.record?.parentContentId === contentId);
}

/** Old-state links of a folder in the order of their names, and why others, or all, could not be read. */
function oldStatesIn(folder: string): { heads: LinkHead[]; failures: RedoubtError[] } {
  const heads: LinkHead[] = [];
  const failures: RedoubtError[] = [];
  for (const name of namesIn(folder, failures)) {
    try {
      const head = readLinkHead(join(folder, name));
      if (isOldState(head)) heads.push(head);
    } catch (error) {
      if (!(error instanceof RedoubtError)) throw error;
      // What says wrong things of itself is a further segment, or something else of that name.
      if (error.kind === 'environment' && !error.is('disk.not-found')) failures.push(error as RedoubtError);
    }
  }
  return { heads, failures };
}

function namesIn(folder: string, failures: RedoubtError[]): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.was_[0-9a-f]{6}$/i.test(name))
      .sort();
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) failures.push(asFileError(error, folder, 'read'));
    return [];
  }
}

/** Where a file lies, or would: through its own symbolic link, if it is one. */
function realFolder(path: string): string {
  try {
    return dirname(realpathSync(path));
  } catch {
    return dirname(path);
  }
}

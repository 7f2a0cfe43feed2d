import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../base/file-error.ts';
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
 * `tried`: those files' paths, whether they are there or not.
 */
export function oldStatesFor(child: LinkHead, tried: readonly string[]): LinkHead[] {
  if (child.state.parent === undefined) return [];
  const folders = [...new Set(tried.map((path) => realFolder(path)))];
  return folders
    .flatMap((folder) => oldStatesIn(folder))
    .filter(
      (head) => head.identity !== child.identity && judgeParent(child.state, head.state, undefined).kind === 'agrees',
    );
}

/** The old-state links beside a parent that hang from the state that it has now. */
export function oldStatesOver({ path, state }: LinkHead): LinkHead[] {
  const contentId = state.record?.contentId;
  if (contentId === undefined) return [];
  return oldStatesIn(dirname(path)).filter((head) => head.state.record?.parentContentId === contentId);
}

/** In the order of their names. What can't be read is none. */
function oldStatesIn(folder: string): LinkHead[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.was_[0-9a-f]{6}$/i.test(name));
  } catch (error) {
    if (errnoOf(error) !== undefined) return [];
    throw error;
  }
  return names.sort().flatMap((name) => {
    try {
      const head = readLinkHead(join(folder, name));
      return isOldState(head) ? [head] : [];
    } catch (error) {
      // A further segment, or something else of that name.
      if (error instanceof RedoubtError) return [];
      throw error;
    }
  });
}

/** Where a file lies, or would: through its own symbolic link, if it is one. */
function realFolder(path: string): string {
  try {
    return dirname(realpathSync(path));
  } catch {
    return dirname(path);
  }
}

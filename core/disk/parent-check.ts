import { basename, dirname, isAbsolute, relative, resolve, win32 } from 'node:path';
import type { CommitJournal } from './commit-journal.ts';
import type { LinkState } from './formats/link-state.ts';

/** Where a child's parent may lie and whether a file is it. Pure. */

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

export type ParentVerdict =
  | { readonly kind: 'agrees' }
  /** Another child is being committed into it. */
  | { readonly kind: 'committing' }
  | { readonly kind: 'other-capacity'; readonly capacityBytes: number; readonly parentCapacityBytes: number }
  | { readonly kind: 'changed'; readonly reason: string };

/**
 * Whether `parent` is what `child` was laid over. Content ids decide where both have them, else the
 * generation. A commit that stopped before the parent changed has left the child with the new values; then
 * the parent's journal names the child, and what the child holds is still right.
 */
export function judgeParent(child: LinkState, parent: LinkState, journal: CommitJournal | undefined): ParentVerdict {
  const committing = parent.record?.committing;
  if (committing !== undefined && committing !== child.record?.linkId) return { kind: 'committing' };
  const capacity = child.capacityBytes;
  const parentCapacity = parent.capacityBytes;
  if (capacity !== undefined && parentCapacity !== undefined && capacity !== parentCapacity) {
    return { kind: 'other-capacity', capacityBytes: capacity, parentCapacityBytes: parentCapacity };
  }
  if (parent.record?.isMixed === true) return { kind: 'changed', reason: 'a commit into it was abandoned half-way' };
  const expected = child.record?.parentContentId;
  const found = parent.record?.contentId ?? parent.sampledContentId;
  if (expected !== undefined && found !== undefined) {
    if (expected === found || isRollBackPending(child, parent, journal)) return { kind: 'agrees' };
    return { kind: 'changed', reason: `content id ${found} instead of ${expected}` };
  }
  const generation = child.parent?.generation ?? 0;
  if (generation === parent.generation || isRollBackPending(child, parent, journal)) return { kind: 'agrees' };
  return { kind: 'changed', reason: `generation ${String(parent.generation)} instead of ${String(generation)}` };
}

function isRollBackPending(child: LinkState, parent: LinkState, journal: CommitJournal | undefined): boolean {
  if (journal === undefined || journal.child.linkId !== child.record?.linkId) return false;
  const isChildNew = child.record.parentContentId === journal.parent.newContentId;
  return (
    isChildNew &&
    parent.record?.contentId === journal.parent.oldContentId &&
    parent.generation === journal.parent.oldGeneration
  );
}

import { dirname } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { addChild, copyChildren, readChildren } from '../parents/children-list.ts';
import { removeJournal, writeJournal, type CommitJournal } from '../commit-journal.ts';
import { findDependents } from '../parents/dependents.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { isOldState } from '../parents/old-state.ts';
import { parentNames } from '../parents/parent-check.ts';
import { recordParent } from '../parents/record-parent.ts';
import { removeLink } from '../remove-link.ts';

/** Where a test may make a commit fail; in the order in which a commit passes them. */
export type CommitPoint =
  | 'locked'
  | 'journal'
  | 'old-state'
  | 'child-recorded'
  | 'parent-marked'
  | 'copying'
  | 'copied'
  | 'parent-clean'
  | 'unmarked'
  | 'nested'
  | 'done'
  | 'removed';

export interface CommitHooks {
  /** Called when the step before the point is on the device. What it throws stops the commit there. */
  reached?(point: CommitPoint): void;
}

export interface FinishOptions {
  /** More folders whose logs may hang from the child. */
  readonly searchPaths?: readonly string[] | undefined;
  /** Logs that hang from the child and can't be reached are given up. */
  readonly isBreaking?: boolean;
  /** Called before anything is changed that somebody else may have by now; throws if a lock is gone. */
  readonly checkRight?: () => void;
  readonly hooks?: CommitHooks;
}

/**
 * The end of a commit, from the moment on at which the parent has everything and carries no mark: logs that
 * hang from the child get the parent instead, then the child goes, then the journal. Every step may have
 * been done before; `child` is `undefined` if it is removed already. The caller holds the child's writer lock.
 * Throws disk.has-dependents for logs on the child that can't be reached; then the child stays for now.
 */
export async function finishCommit(
  parent: LinkHead,
  journal: CommitJournal,
  child: LinkHead | undefined,
  { searchPaths = [], isBreaking = false, checkRight = () => undefined, hooks = {} }: FinishOptions = {},
): Promise<void> {
  if (child !== undefined) {
    if (journal.phase !== 'done') {
      await moveNested(child, parent, journal, { searchPaths, isBreaking, checkRight });
      hooks.reached?.('nested');
      checkRight();
      writeJournal(parent.path, { ...journal, phase: 'done' });
      hooks.reached?.('done');
    }
    checkRight();
    await removeLink(child);
    hooks.reached?.('removed');
  }
  removeJournal(parent.path);
}

/**
 * Logs nested on the child read the same over the parent, now that it has the child's content. One that a
 * crash left half-way names the parent already and records the child's content still.
 */
async function moveNested(
  child: LinkHead,
  parent: LinkHead,
  journal: CommitJournal,
  {
    searchPaths,
    isBreaking,
    checkRight,
  }: { searchPaths: readonly string[]; isBreaking: boolean; checkRight: () => void },
): Promise<void> {
  const { state } = readLinkHead(parent.path);
  const values = { generation: state.generation, contentId: state.record?.contentId };
  const nested = await findDependents(child.path, { searchPaths });
  const places = [...searchPaths, dirname(child.path), ...readChildren(child.path).map(({ path }) => path)];
  const halfWay = (await findDependents(parent.path, { searchPaths: places, except: [child.path] })).filter(
    ({ path }) => recordedContent(path) === journal.child.contentId,
  );
  const paths = new Set([...nested, ...halfWay].map(({ path }) => path));
  const outOfReach = [...paths].filter((path) => !canBeReached(path));
  if (outOfReach.length > 0 && !isBreaking) {
    const names = outOfReach.join(', ');
    throw new RedoubtError('disk.has-dependents', `${child.path} can't go while ${names} can't be reached.`, {
      file: child.path,
      dependents: outOfReach.map((path) => ({ path })),
    });
  }
  for (const path of paths) {
    if (outOfReach.includes(path)) continue;
    const head = readLinkHead(path);
    const { record } = head.state;
    // Listed first: a log that hangs from the parent already is not looked for again after a failure.
    await addChild(parent.path, { path: head.path, linkId: record?.linkId, owner: record?.owner });
    // The child's list goes with it, and what resolves through an old state may be in it.
    if (isOldState(head)) await copyChildren(child.path, head.path);
    checkRight();
    recordParent(head, values, parentNames(head.path, parent.path));
  }
}

/** What this user may not read is out of his reach, wherever it lies. */
function canBeReached(path: string): boolean {
  try {
    readLinkHead(path);
    return true;
  } catch (error) {
    if (error instanceof RedoubtError && error.kind === 'environment') return false;
    throw error;
  }
}

/** The state of its parent that a log has recorded; `undefined` for what is none, or not this user's. Throws disk.io. */
function recordedContent(path: string): string | undefined {
  try {
    return readLinkHead(path).state.record?.parentContentId;
  } catch (error) {
    if (error instanceof RedoubtError && !error.is('disk.io')) return undefined;
    throw error;
  }
}

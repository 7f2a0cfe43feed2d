import { addChild } from './children-list.ts';
import { removeJournal, writeJournal, type CommitJournal } from './commit-journal.ts';
import { findDependents } from './dependents.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import { parentNames } from './parent-check.ts';
import { recordParent } from './record-parent.ts';
import { removeLink } from './remove-link.ts';

/** Where a test may make a commit fail; in the order in which a commit passes them. */
export type CommitPoint =
  | 'locked'
  | 'journal'
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
  readonly hooks?: CommitHooks;
}

/**
 * The end of a commit, from the moment on at which the parent has everything and carries no mark: logs that
 * hang from the child get the parent instead, then the child goes, then the journal. Every step may have
 * been done before; `child` is `undefined` if it is removed already. The caller holds the child's writer lock.
 */
export async function finishCommit(
  parent: LinkHead,
  journal: CommitJournal,
  child: LinkHead | undefined,
  { searchPaths = [], hooks = {} }: FinishOptions = {},
): Promise<void> {
  if (child !== undefined) {
    if (journal.phase !== 'done') {
      await moveNested(child, parent, searchPaths);
      hooks.reached?.('nested');
      writeJournal(parent.path, { ...journal, phase: 'done' });
      hooks.reached?.('done');
    }
    await removeLink(child);
    hooks.reached?.('removed');
  }
  removeJournal(parent.path);
}

/** Logs nested on the child read the same over the parent, now that it has the child's content. */
async function moveNested(child: LinkHead, parent: LinkHead, searchPaths: readonly string[]): Promise<void> {
  const { generation, record: parentRecord } = readLinkHead(parent.path).state;
  const state = { generation, contentId: parentRecord?.contentId };
  for (const { path } of await findDependents(child.path, { searchPaths })) {
    const nested = readLinkHead(path);
    recordParent(nested, state, parentNames(nested.path, parent.path));
    const { record } = nested.state;
    await addChild(parent.path, { path: nested.path, linkId: record?.linkId, owner: record?.owner });
  }
}

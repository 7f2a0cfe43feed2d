import { RedoubtError } from '../../base/redoubt-error.ts';
import { judgeCommit, readJournal } from '../commit-journal.ts';
import { commitUnfinishedError } from './find-parent.ts';
import type { LinkHead } from '../link-head.ts';

/** What must wait until a commit is settled that could not be settled now. */

/**
 * Throws while a journal lies beside a link that is to be written: disk.commit-unfinished, and
 * disk.parent-changed if the link is in no state that the journal knows.
 */
export function refuseUnsettled(link: LinkHead): void {
  const journal = readJournal(link.path);
  if (journal === undefined) return;
  if (judgeCommit(journal, link.state) !== 'changed') throw commitUnfinishedError(link);
  const reason = 'it is in no state that its commit journal knows';
  throw new RedoubtError('disk.parent-changed', `${link.path} can't be written: ${reason}.`, {
    file: journal.child.path,
    parent: link.path,
    reason,
  });
}

/** Throws disk.commit-unfinished for a log whose parent has all of it already: what it took now would be removed with it. */
export function refuseCommitted(child: LinkHead, parent: LinkHead): void {
  const journal = readJournal(parent.path);
  if (journal === undefined || journal.child.linkId !== child.state.record?.linkId) return;
  if (judgeCommit(journal, parent.state) === 'finish') throw commitUnfinishedError(parent);
}

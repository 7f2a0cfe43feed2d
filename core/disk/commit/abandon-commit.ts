import { dirname } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { judgeCommit, readJournal, removeJournal, type CommitJournal } from '../commit-journal.ts';
import { hostFiles } from '../files/disk-file.ts';
import type { LinkState } from '../formats/link-state.ts';
import { formatNamed } from '../formats/open-format.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockFile } from '../locks/file-lock.ts';
import type { OpenContext } from '../open-context.ts';
import { checkWritable } from '../protection.ts';
import { settleChain } from './settle.ts';
import { undoOldState } from './undo-old-state.ts';

/**
 * What has become of the parent: `mixed` it has a part of the log's changes; `unchanged` it had none yet;
 * `committed` it had all of them.
 */
export type AbandonedParent = 'mixed' | 'unchanged' | 'committed';

/**
 * Gives up an interrupted commit whose log is lost for good. Of a parent that has some of the log's changes the journal
 * goes, synced; then it is marked as mixed, in one step, synced. In between the commit can still be resumed. The mark
 * says that the content is neither the old one nor the new: every log over it is refused (but what an old-state link
 * kept still reads right), and the link opens alone. The mark goes with the content id, when a session writes to the link.
 *
 * The log itself is not needed; where it is there after all, it stays as it is.
 * Throws disk.no-commit where no commit into the link was interrupted, disk.locked, disk.read-only, and what
 * reading a link throws.
 */
export async function abandonCommit(request: {
  readonly parent: string;
  readonly context?: OpenContext;
}): Promise<{ parent: string; state: AbandonedParent }> {
  const { context = {} } = request;
  await settleChain(request.parent, context);
  const { path } = readLinkHead(request.parent);
  const { purpose = 'giving up a commit', machineName } = context;
  const lock = await lockFile(path, 'writer', { purpose, ...(machineName === undefined ? {} : { machineName }) });
  try {
    const head = readLinkHead(path);
    checkWritable(head);
    return { parent: path, state: await abandon(head) };
  } finally {
    await lock?.release();
  }
}

async function abandon(parent: LinkHead): Promise<AbandonedParent> {
  const journal = journalOrDamage(parent.path);
  if (parent.state.record?.committing !== undefined) {
    // Beside a parent without mark it would say that the parent has everything, and a log that is there after all would
    // go.
    removeJournal(parent.path);
    // Also one that somebody removed who was killed before that was on the device.
    hostFiles.syncDirectory(dirname(parent.path));
    formatNamed(parent.format).changeState(hostFiles, parent.files, asMixed);
    return 'mixed';
  }
  if (journal === undefined) {
    const message = `No commit into ${parent.path} was interrupted; there is nothing to give up.`;
    throw new RedoubtError('disk.no-commit', message, { file: parent.path });
  }
  const verdict = journal === 'damaged' ? 'changed' : judgeCommit(journal, parent.state);
  if (verdict === 'roll-back' && journal !== 'damaged') await undoOldState(parent, journal);
  removeJournal(parent.path);
  if (parent.state.record?.isMixed === true) return 'mixed';
  return verdict === 'finish' ? 'committed' : 'unchanged';
}

function asMixed(state: LinkState): LinkState {
  if (state.record === undefined) return state;
  const { committing: _, ...record } = state.record;
  return { ...state, record: { ...record, isMixed: true } };
}

/** A journal that says nothing is in the way of everything else, and can be given up as well. */
function journalOrDamage(parent: string): CommitJournal | 'damaged' | undefined {
  try {
    return readJournal(parent);
  } catch (error) {
    if (error instanceof RedoubtError && error.is('disk.corrupt')) return 'damaged';
    throw error;
  }
}

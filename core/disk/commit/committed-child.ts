import { realpathSync } from 'node:fs';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { CommitJournal } from '../commit-journal.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import type { LinkState } from '../formats/link-state.ts';
import { hasRecorded, parentCandidates } from '../parents/parent-check.ts';

/**
 * The log that a journal speaks of, at the first of `paths` where it is: by its link id, and only if it is a
 * redo log of that parent and records one of the two states that the journal knows. A journal is untrusted
 * input like a header: without the proof it could have any file removed. `undefined` where there is none.
 * Throws disk.permission, disk.io.
 */
export function findCommittedChild(
  parent: LinkHead,
  journal: CommitJournal,
  paths: readonly string[],
  configDirectory?: string,
): LinkHead | undefined {
  for (const path of paths) {
    let child: LinkHead;
    try {
      child = readLinkHead(path);
    } catch (error) {
      if (error instanceof RedoubtError && (error.kind !== 'environment' || error.is('disk.not-found'))) continue;
      throw error;
    }
    if (isCommitted(child, parent, journal, configDirectory)) return child;
  }
  return undefined;
}

function isCommitted(
  child: LinkHead,
  parent: LinkHead,
  journal: CommitJournal,
  configDirectory: string | undefined,
): boolean {
  const { state, path } = child;
  if (state.parent === undefined || state.record?.linkId !== journal.child.linkId) return false;
  const { oldContentId, newContentId } = journal.parent;
  if (!hasRecorded(state, newContentId) && !isAsBefore(state, journal.child.before ?? { contentId: oldContentId }))
    return false;
  return parentCandidates(path, state, configDirectory).some((candidate) => leadsTo(candidate, parent.path));
}

function isAsBefore(
  { parent, record }: LinkState,
  before: { readonly contentId: string | undefined; readonly generation?: number },
): boolean {
  if (record?.parentContentId !== before.contentId) return false;
  return before.contentId !== undefined || before.generation === undefined || parent?.generation === before.generation;
}

function leadsTo(candidate: string, realPath: string): boolean {
  try {
    return realpathSync(candidate) === realPath;
  } catch {
    return false;
  }
}

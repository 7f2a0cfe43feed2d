import { readFileIfThere, removeFile, replaceFile } from '../base/atomic-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { LinkState } from './formats/link-state.ts';

/** `PARENT.commit`: what a commit into this parent is about to do, written before it does anything. */
export interface CommitJournal {
  readonly child: {
    readonly linkId: string;
    readonly contentId: string;
    readonly path: string;
    /** Of its files together. Where it has changed, the child's grains may lie in another order. */
    readonly lengthBytes?: number | undefined;
    /**
     * What it recorded of its parent before: given back to it where the commit is taken back. It is not always
     * what the parent's record says, because a parent can be known by its CID or by samples of its content.
     */
    readonly before?: { readonly contentId: string | undefined; readonly generation: number } | undefined;
  };
  readonly parent: {
    /** Absent where a foreign parent had no ids before. */
    readonly linkId: string | undefined;
    readonly oldContentId: string | undefined;
    readonly newContentId: string;
    readonly oldGeneration: number;
    readonly newGeneration: number;
  };
  /** First file of the old-state link that this commit makes or extends. */
  readonly oldState?: string | undefined;
  /** The link id of one that it makes: nothing had its name before. Absent where one is extended. */
  readonly oldStateLinkId?: string | undefined;
  /** How much of the child, in the order of its files, is in the parent and synced. */
  readonly syncedBytes: number;
  readonly phase: 'prepared' | 'copying' | 'done';
}

export function journalFile(parent: string): string {
  return `${parent}.commit`;
}

/** The journal beside a parent, or `undefined`. Throws disk.corrupt where there is one that says nothing, disk.permission, disk.io. */
export function readJournal(parent: string): CommitJournal | undefined {
  const file = journalFile(parent);
  const text = readFileIfThere(file);
  if (text === undefined) return undefined;
  const journal = decode(text);
  if (journal !== undefined) return journal;
  throw new RedoubtError('disk.corrupt', `${file} is no commit journal.`, {
    file,
    field: 'journal',
    value: text.slice(0, 80),
    reason: 'not in the form of a commit journal',
  });
}

/** Synced when it returns, with its folder. */
export function writeJournal(parent: string, journal: CommitJournal): void {
  const { child, parent: values, oldState, oldStateLinkId, syncedBytes, phase } = journal;
  const content = {
    redoubt: 1,
    child: {
      link: child.linkId,
      content: child.contentId,
      path: child.path,
      length: child.lengthBytes,
      ...(child.before === undefined
        ? {}
        : { before: { content: child.before.contentId ?? null, generation: child.before.generation } }),
    },
    parent: {
      link: values.linkId ?? null,
      oldContent: values.oldContentId ?? null,
      newContent: values.newContentId,
      oldGeneration: values.oldGeneration,
      newGeneration: values.newGeneration,
    },
    oldState: oldState ?? null,
    ...(oldStateLinkId === undefined ? {} : { oldStateLink: oldStateLinkId }),
    syncedBytes,
    phase,
  };
  replaceFile(journalFile(parent), `${JSON.stringify(content, undefined, 1)}\n`);
}

export function removeJournal(parent: string): void {
  removeFile(journalFile(parent));
}

/**
 * What has to be done about a journal, judged by the parent's header alone, because the header changed in
 * one sector write and the journal's phase did not change with it.
 *
 * | the parent has | verdict | what follows |
 * | --- | --- | --- |
 * | the old content id | roll-back | the child gets the old values back |
 * | the new one and the child's mark | forward | the copy goes on, when somebody asks for it |
 * | the new one without mark | finish | the child is removed |
 * | anything else | changed | nothing is touched |
 */
export type CommitVerdict = 'roll-back' | 'forward' | 'finish' | 'changed';

export function judgeCommit(journal: CommitJournal, parent: LinkState): CommitVerdict {
  const { record, generation } = parent;
  const { child, parent: values } = journal;
  // It was given up: the parent has a part only, and the log the rest.
  if (record?.isMixed === true) return 'changed';
  if (record?.contentId === values.newContentId) {
    if (record.committing === undefined || journal.phase === 'done') return 'finish';
    return record.committing === child.linkId ? 'forward' : 'changed';
  }
  if (record?.committing !== undefined) return 'changed';
  return record?.contentId === values.oldContentId && generation === values.oldGeneration ? 'roll-back' : 'changed';
}

function decode(text: string): CommitJournal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { child, parent, syncedBytes, phase, oldState = null, oldStateLink } = (value ?? {}) as Record<string, unknown>;
  const { link, content, path, length, before } = (child ?? {}) as Record<string, unknown>;
  const values = (parent ?? {}) as Record<string, unknown>;
  const { newContent, oldGeneration, newGeneration } = values;
  const parentLink = values['link'] ?? undefined;
  const oldContent = values['oldContent'] ?? undefined;
  if (!isId(link) || !isId(content) || typeof path !== 'string') return undefined;
  if (!isId(newContent) || !isCount(oldGeneration) || !isCount(newGeneration) || !isCount(syncedBytes))
    return undefined;
  if ((parentLink !== undefined && !isId(parentLink)) || (oldContent !== undefined && !isId(oldContent)))
    return undefined;
  if (oldState !== null && typeof oldState !== 'string') return undefined;
  if (oldStateLink !== undefined && !isId(oldStateLink)) return undefined;
  if (phase !== 'prepared' && phase !== 'copying' && phase !== 'done') return undefined;
  const earlier = (before ?? {}) as Record<string, unknown>;
  const earlierContent = earlier['content'] ?? undefined;
  const earlierGeneration = earlier['generation'] ?? oldGeneration;
  if ((earlierContent !== undefined && !isId(earlierContent)) || !isCount(earlierGeneration)) return undefined;
  return {
    child: {
      linkId: link,
      contentId: content,
      path,
      lengthBytes: isCount(length) ? length : undefined,
      before: isNothing(before) ? undefined : { contentId: earlierContent, generation: earlierGeneration },
    },
    oldState: oldState ?? undefined,
    oldStateLinkId: oldStateLink,
    parent: { linkId: parentLink, oldContentId: oldContent, newContentId: newContent, oldGeneration, newGeneration },
    syncedBytes,
    phase,
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readChildren } from '../parents/children-list.ts';
import { readJournal } from '../commit-journal.ts';
import { readSegmentHead, type LinkHead } from '../link-head.ts';
import { readHolders } from '../locks/lock-folder.ts';
import { segmentPath } from '../segment-paths.ts';
import type { Finding, Findings } from './finding.ts';
import { errorFinding } from './report-scan.ts';

/** What lies beside a link and has no use any more, or should have been dealt with. Writes nothing. */
export function checkSurroundings(head: LinkHead, findings: Findings): void {
  const add = (kind: Finding['kind'], severity: Finding['severity'], sentence: string, canRepair: boolean) => {
    findings.add({ file: head.path, kind, severity, sentence, canRepair });
  };
  checkCommit(head, findings, add);
  if (isThere(`${head.path}.removing`))
    add('leftover', 'warning', `${head.path}.removing is what is left of a log that was being removed.`, true);
  for (const holder of staleHolders(head.path))
    add('leftover', 'info', `A lock on ${head.path} was left by a process that is gone (${holder}).`, true);
  for (const child of deadChildren(head))
    add('children', 'warning', `${head.path}.children names ${child}, which is not there any more.`, true);
  const surplus = segmentPath(head.path, head.files.length + 1);
  if (belongsTo(surplus, head))
    add('segment', 'warning', `${surplus} says that it belongs to ${head.path}, which does not count it.`, false);
  for (const name of keptCopies(head.path)) {
    const sentence = `${join(dirname(head.path), name)} holds entries as they were before a repair.`;
    add('leftover', 'info', sentence, false);
  }
}

type Add = (kind: Finding['kind'], severity: Finding['severity'], sentence: string, canRepair: boolean) => void;

function checkCommit(head: LinkHead, findings: Findings, add: Add): void {
  const record = head.state.record;
  if (record?.isMixed === true)
    add(
      'commit',
      'warning',
      `A commit into ${head.path} was given up: it holds neither the old content nor the new.`,
      false,
    );
  try {
    const journal = readJournal(head.path);
    if (journal !== undefined || record?.committing !== undefined) {
      const child = journal === undefined ? 'a log' : journal.child.path;
      add('commit', 'warning', `A commit of ${child} into ${head.path} was not finished; commit it again.`, false);
    }
  } catch (error) {
    findings.add(errorFinding(head.path, 'commit', error));
  }
}

/** Entries of the list whose file is gone from a folder that can be read. */
export function deadChildren(head: LinkHead): string[] {
  return readChildren(head.path)
    .filter(({ path }) => isGone(path))
    .map(({ path }) => path);
}

/** Files in which a repair of this link has kept what entries said before. */
export function keptCopies(path: string): string[] {
  const start = `${basename(path)}.check-`;
  try {
    return readdirSync(dirname(path)).filter((name) => name.startsWith(start));
  } catch {
    return [];
  }
}

/** A file that is not there, in a folder that can be read. */
function isGone(path: string): boolean {
  try {
    if (isThere(path)) return false;
    readdirSync(dirname(path));
    return true;
  } catch {
    return false;
  }
}

function belongsTo(file: string, head: LinkHead): boolean {
  if (!isThere(file)) return false;
  try {
    const linkId = readSegmentHead(file).state.record?.linkId;
    return linkId !== undefined && linkId === head.state.record?.linkId;
  } catch (error) {
    if (error instanceof RedoubtError) return false;
    throw error;
  }
}

/** Who left a lock behind and is proved to be gone, in words. */
function staleHolders(path: string): string[] {
  return readHolders(path)
    .filter(({ verdict }) => verdict === 'gone')
    .map(({ holder }) => (holder === undefined ? 'unknown' : `process ${String(holder.pid)} on ${holder.host}`));
}

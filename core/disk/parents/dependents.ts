import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readChildren } from './children-list.ts';
import { readJournal, type CommitJournal } from '../commit-journal.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { judgeParent, parentCandidates } from './parent-check.ts';
import { looksLikeRedoLog } from '../names.ts';
import { isOldState } from './old-state.ts';
import { isRemovingName } from '../remove-link.ts';

export interface DependentsQuery {
  /** Files, or folders whose files are looked at, besides the link's own list and folder. */
  readonly searchPaths?: readonly string[];
  /** Redo logs that do not count. */
  readonly except?: readonly string[];
}

/**
 * The redo logs whose parent is this link: those in its `.children` list, in its folder and in
 * `searchPaths`. A listed log that is gone from a readable folder does not count; one in a folder that can't
 * be reached does, and so does one that this user may not read, because nothing proves that it is not one. A
 * log that no longer agrees with the link (it lies over another state of it) does not: it hangs from the
 * old-state link that stands for that state, if there is one, and that is a dependent like any other.
 * Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.permission, disk.io (also of a file that lies there
 * and can't be read now: nobody knows whether it is one).
 */
export async function findDependents(file: string, query: DependentsQuery = {}): Promise<{ path: string }[]> {
  const link = readLinkHead(file);
  const except = new Set([link.path, ...(query.except ?? []).map(realPathOr)]);
  try {
    const found = searchFor(link, query.searchPaths ?? []);
    return Promise.resolve([...found].filter((path) => !except.has(path)).map((path) => ({ path })));
  } catch (error) {
    throw withReason(error, link);
  }
}

function searchFor(link: LinkHead, searchPaths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const { path } of readChildren(link.path)) {
    if (isOutOfReach(path)) found.add(path);
    else addIfDependent(path, link, found);
  }
  for (const path of [...filesIn(dirname(link.path)), ...searchPaths.flatMap(filesAt)])
    addIfDependent(path, link, found);
  return found;
}

/** Whoever asked for `link` may never have heard of the file that is in the way, or of its drive. */
function withReason(error: unknown, link: LinkHead): unknown {
  if (!(error instanceof RedoubtError) || !error.is('disk.io')) return error;
  const { details, message } = error;
  if (details.file === link.path) return error;
  const why = `and it may hang from ${link.path}: bring it back, or leave it out of what is searched`;
  return new RedoubtError(
    'disk.io',
    `${message.replace(/\.$/, '')}, ${why}.`,
    { ...details, mayHangFrom: link.path },
    { cause: error },
  );
}

/** The same, and after each old-state link among them what hangs through it: all whom a change would hurt. */
export async function dependentsThrough(
  dependents: readonly { path: string }[],
  searchPaths: readonly string[],
): Promise<{ path: string }[]> {
  const paths = new Set<string>();
  const add = async (path: string): Promise<void> => {
    if (paths.has(path)) return;
    paths.add(path);
    if (!isOldStateFile(path)) return;
    for (const through of await findDependents(path, { searchPaths })) await add(through.path);
  };
  for (const { path } of dependents) await add(path);
  return [...paths].map((path) => ({ path }));
}

function isOldStateFile(path: string): boolean {
  try {
    return isOldState(readLinkHead(path));
  } catch (error) {
    if (error instanceof RedoubtError) return false;
    throw error;
  }
}

function addIfDependent(path: string, link: LinkHead, found: Set<string>): void {
  if (isRemovingName(path)) return;
  let child: LinkHead;
  try {
    child = readLinkHead(path);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    if (error.is('disk.io')) throw error;
    if (error.is('disk.permission') && looksLikeRedoLog(basename(path))) found.add(path);
    // Whatever else lies in a folder: no first file of a link.
    return;
  }
  if (child.state.parent !== undefined && hangsFrom(child, link)) found.add(child.path);
}

/** Whether a child would be opened over `link`, which has been read already. */
function hangsFrom(child: LinkHead, link: LinkHead): boolean {
  const candidates = parentCandidates(child.path, child.state, undefined);
  for (const path of candidates) {
    const parent = realPathOr(path) === link.path ? link : headOrNothing(path);
    if (parent === undefined) continue;
    const verdict = judgeParent(child.state, parent.state, journalOf(parent, link));
    // While another child is being committed, this one can't be judged: it hangs from it until proved otherwise.
    if (verdict.kind === 'agrees' || verdict.kind === 'committing') return parent.identity === link.identity;
  }
  return standsForParent(link, child, candidates);
}

/** A parent elsewhere that can't be read now is nobody's business here. */
function headOrNothing(path: string): LinkHead | undefined {
  try {
    return readLinkHead(path);
  } catch (error) {
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

/** One that says nothing explains nothing. Throws disk.io where that of `link` itself can't be read. */
function journalOf(parent: LinkHead, link: LinkHead): CommitJournal | undefined {
  try {
    return readJournal(parent.path);
  } catch (error) {
    if (!(error instanceof RedoubtError) || (parent === link && error.is('disk.io'))) throw error;
    return undefined;
  }
}

/** Whether the link is an old state beside one of the candidates, and what the child recorded. */
function standsForParent(link: LinkHead, child: LinkHead, candidates: readonly string[]): boolean {
  if (!isOldState(link) || link.identity === child.identity) return false;
  const isBeside = candidates.some((path) => dirname(realPathOr(path)) === dirname(link.path));
  return isBeside && judgeParent(child.state, link.state, undefined).kind === 'agrees';
}

/**
 * The file is not there, and neither is its folder, or it can't be looked at: a drive that is not mounted, a share that
 * is down. Throws disk.io where the folder can be read, and the file can't be looked at for the moment.
 */
function isOutOfReach(path: string): boolean {
  try {
    if (isThere(path)) return false;
  } catch (error) {
    if (error instanceof RedoubtError && error.is('disk.io') && canBeListed(dirname(path))) throw error;
    return true;
  }
  return !canBeListed(dirname(path));
}

function canBeListed(folder: string): boolean {
  try {
    readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function filesAt(path: string): string[] {
  return isFolder(path) ? filesIn(path) : [resolve(path)];
}

/** What this user may not look at is no folder to him. Throws disk.io. */
function isFolder(path: string): boolean {
  try {
    return isThere(path) && statSync(path).isDirectory();
  } catch (error) {
    const failure = asFileError(error, path, 'read');
    if (failure.is('disk.io')) throw failure;
    return false;
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => join(folder, entry.name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw asFileError(error, folder, 'read');
  }
}

function realPathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

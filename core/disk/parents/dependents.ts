import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readChildren } from './children-list.ts';
import { readJournal } from '../commit-journal.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { judgeParent, parentCandidates } from './parent-check.ts';
import { looksLikeRedoLog } from '../names.ts';
import { isOldState, oldStatesFor } from './old-state.ts';
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
 * Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.permission, disk.io.
 */
export async function findDependents(file: string, query: DependentsQuery = {}): Promise<{ path: string }[]> {
  const link = readLinkHead(file);
  const except = new Set([link.path, ...(query.except ?? []).map(realPathOr)]);
  const found = new Set<string>();
  for (const { path } of readChildren(link.path)) {
    if (isOutOfReach(path)) found.add(path);
    else addIfDependent(path, link, found);
  }
  for (const path of [...filesIn(dirname(link.path)), ...(query.searchPaths ?? []).flatMap(filesAt)])
    addIfDependent(path, link, found);
  return Promise.resolve([...found].filter((path) => !except.has(path)).map((path) => ({ path })));
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
    if (error.is('disk.permission') && looksLikeRedoLog(basename(path))) found.add(path);
    // Whatever else lies in a folder: no first file of a link.
    return;
  }
  if (child.state.parent !== undefined && parentOf(child, link) === link.identity) found.add(child.path);
}

/** Identity of the file that a child would be opened over. `link` has been read already. */
function parentOf(child: LinkHead, link: LinkHead): string | undefined {
  const candidates = parentCandidates(child.path, child.state, undefined);
  for (const path of candidates) {
    try {
      const parent = realPathOr(path) === link.path ? link : readLinkHead(path);
      const verdict = judgeParent(child.state, parent.state, readJournal(parent.path));
      // While another child is being committed, this one can't be judged: it hangs from it until proved otherwise.
      if (verdict.kind === 'agrees' || verdict.kind === 'committing') return parent.identity;
    } catch (error) {
      if (!(error instanceof RedoubtError)) throw error;
    }
  }
  return oldStatesFor(child, candidates)[0]?.identity;
}

/** The file is not there, and neither is its folder: a drive that is not mounted, a share that is down. */
function isOutOfReach(path: string): boolean {
  if (isThere(path)) return false;
  try {
    readdirSync(dirname(path));
    return false;
  } catch {
    return true;
  }
}

function filesAt(path: string): string[] {
  return isThere(path) && statSync(path).isDirectory() ? filesIn(path) : [resolve(path)];
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

import { linkSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { isLocalFileSystem } from './file-system-kind.ts';
import { beingBroken, lookAtEntry, unfinished, unlinkIfThere, type FoundHolder } from './holder-entry.ts';

/**
 * `FILE.lck/`: an entry a holder. Where there was no room for a directory, `FILE.lck` is itself the note of a
 * lone holder (a symbolic link, see holder-note.ts).
 */
export function lockFolder(file: string): string {
  return `${file}.lck`;
}

/** All holders of a file, none where nothing is there. Throws disk.permission, disk.io. */
export function readHolders(file: string): FoundHolder[] {
  const lone = lookAtLoneHolder(file);
  if (lone !== undefined) return [lone];
  const folder = lockFolder(file);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json') || name.endsWith(`.json${beingBroken}`));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw asFileError(error, folder, 'read');
  }
  const isLocal = names.length > 0 && isLocalFileSystem(folder);
  return names.flatMap((name) => lookAtEntry(join(folder, name), isLocal) ?? []);
}

/** Whoever holds a file by a note in the folder's place; also whatever else lies there that is no folder. */
export function lookAtLoneHolder(file: string): FoundHolder | undefined {
  const folder = lockFolder(file);
  if (!isOtherThanFolder(folder)) return undefined;
  const found = lookAtEntry(folder, isLocalBeside(file));
  // What is no note of ours is nothing that we put there: it is not swept away.
  return found?.holder === undefined && found?.verdict === 'gone' ? { ...found, verdict: 'silent' } : found;
}

/** Deletes what dead holders left; returns the rest. The gate is held, so nobody else deletes. */
export function sweepHolders(file: string): FoundHolder[] {
  const folder = lockFolder(file);
  for (const name of readdirSync(folder)) {
    // Entries are written and gates are opened while the gate is held: these were left by a crash.
    if (name.endsWith(unfinished)) unlinkIfThere(join(folder, name));
    else if (name.startsWith('gate-')) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return readHolders(file).filter(
    (found) => found.verdict !== 'gone' || !breakEntry(found, file, (now) => now.verdict === 'gone'),
  );
}

/**
 * Breaks a holder's entry: moves it aside, looks again, deletes it. If it isn't what was judged any more it
 * goes back to its place. Returns whether it is gone. What a crash leaves half-way still stands for its holder.
 */
export function breakEntry(found: FoundHolder, file: string, mayBreak: (now: FoundHolder) => boolean): boolean {
  const place = found.path.endsWith(beingBroken) ? found.path.slice(0, -beingBroken.length) : found.path;
  const aside = `${place}${beingBroken}`;
  try {
    if (found.path !== aside) renameSync(place, aside);
    const now = lookAtEntry(aside, isLocalBeside(file));
    const isBroken = now === undefined || mayBreak(now);
    if (isBroken) unlinkIfThere(aside);
    else putBack(aside, place);
    return isBroken;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw asFileError(error, file, 'unlock');
  }
}

/** Not by a rename, which would take the place of whoever came in the meantime. */
export function putBack(aside: string, place: string): void {
  try {
    linkSync(aside, place);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return unlinkIfThere(aside);
    // A file system without hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    return renameSync(aside, place);
  }
  unlinkIfThere(aside);
}

function isOtherThanFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

function isLocalBeside(file: string): boolean {
  return isLocalFileSystem(join(file, '..'));
}

import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readFileIfThere, removeFile, replaceFile } from '../../base/atomic-file.ts';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';

/** A descriptor that is to be written. */
export interface NewDescriptor {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes descriptors into one folder, which is made if it is missing: all or none. What has the name of one
 * is replaced only if it describes the very same files, as an earlier call has left it; nothing is waited for.
 * Throws disk.exists, disk.permission, disk.no-space, disk.not-found, disk.io.
 */
export function writeDescriptors(descriptors: readonly NewDescriptor[]): void {
  const isNew = descriptors.map(mayBeMade);
  const made: string[] = [];
  const folder = dirname(descriptors[0]?.path ?? '');
  const isFolderNew = makeFolder(folder);
  try {
    for (const [index, { path, text }] of descriptors.entries()) {
      replaceFile(path, text);
      if (isNew[index] === true) made.push(path);
    }
  } catch (error) {
    takeBack(made, isFolderNew ? folder : undefined);
    throw error;
  }
}

/** Whether nothing is there. Throws disk.exists where something is that may not be replaced. */
function mayBeMade({ path, text }: NewDescriptor): boolean {
  let isFile: boolean | undefined;
  try {
    isFile = lstatSync(path, { throwIfNoEntry: false })?.isFile();
  } catch (error) {
    // A file where the folder should be: making that says so.
    if (errnoOf(error) === 'ENOTDIR') return true;
    throw asFileError(error, path, 'write');
  }
  if (isFile === undefined) return true;
  if (isFile && extentLines(readFileIfThere(path) ?? '') === extentLines(text)) return false;
  throw new RedoubtError('disk.exists', `${path} exists already.`, { file: path });
}

/** What a descriptor says of files; ours name them with their folders. */
function extentLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^(RW|RDONLY|NOACCESS) /.test(line))
    .join('\n');
}

/** Whether it was missing. */
function makeFolder(folder: string): boolean {
  try {
    return mkdirSync(folder, { recursive: true }) !== undefined;
  } catch (error) {
    throw asFileError(error, folder, 'write');
  }
}

function takeBack(files: readonly string[], folder: string | undefined): void {
  try {
    for (const file of files) removeFile(file);
    if (folder !== undefined) rmdirSync(folder);
  } catch {
    // What has stopped the writing is the error to be told.
  }
}

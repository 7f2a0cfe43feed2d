import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { statusOf } from '../base/file-status.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { MachineIndex } from './machine-index.ts';

const longest = 100;

/** What stands in the way of a name, or `undefined`. `exceptId`: the machine that has it. */
export function nameProblem(name: string, index: MachineIndex, exceptId?: string): RedoubtError | undefined {
  const typed = name.trim();
  const bad = (reason: string): RedoubtError =>
    new RedoubtError('machine.bad-name', `A machine can't be named "${typed}": ${reason}.`, { name: typed, reason });
  if (typed === '') return bad('it is empty');
  if (typed.length > longest) return bad(`it is longer than ${String(longest)} characters`);
  if (/\p{Cc}/u.test(typed)) return bad('it has control characters');
  if (/[/\\]/.test(typed)) return bad('it has a slash');
  const isTaken = index.machines.some(
    (one) => one.id !== exceptId && one.configuration.name.toLowerCase() === typed.toLowerCase(),
  );
  return isTaken
    ? new RedoubtError('machine.name-taken', `A machine named "${typed}" exists.`, { name: typed })
    : undefined;
}

/** `base`, or `base 2`, `base 3`, … — the first that is free, as a machine and as a folder. */
export function freeName(base: string, index: MachineIndex, machinesDirectory: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${String(number)}`;
    if (nameProblem(name, index) === undefined && !existsSync(join(machinesDirectory, fileNameFor(name)))) return name;
  }
}

/** A name as the name of a file: what some host's file system refuses becomes `_`. */
export function fileNameFor(name: string): string {
  const safe = name
    .trim()
    .replace(/[\p{Cc}<>:"/\\|?*]/gu, '_')
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '_');
  return safe === '' ? '_' : safe;
}

/** What stands in the way of making a machine in a folder, or `undefined`. The folder need not exist. */
export function folderProblem(directory: string, index: MachineIndex): RedoubtError | undefined {
  const owner = index.machines.find((one) => one.configuration.directory === directory);
  if (owner !== undefined) {
    const machine = owner.configuration.name;
    return new RedoubtError('machine.folder-taken', `${directory} belongs to "${machine}".`, {
      folder: directory,
      machine,
    });
  }
  return isWritableFolder(directory)
    ? undefined
    : new RedoubtError('machine.folder-not-writable', `No permission to write to ${directory}.`, { folder: directory });
}

/** Whether files can be made in a folder, or, where it does not exist, in the nearest one above it. */
export function isWritableFolder(directory: string): boolean {
  for (let folder = directory; ; folder = dirname(folder)) {
    const status = statusOf(folder);
    if (status === undefined && folder !== dirname(folder)) continue;
    if (status?.isDirectory() !== true) return false;
    // Root may write everywhere; a folder without any write bit is still somebody's wish.
    if ((status.mode & 0o222) === 0 && process.platform !== 'win32') return false;
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }
}

import { readdirSync, type Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import type { PickerRow } from '../api/disks.ts';
import { asFileError } from '../base/file-error.ts';
import { statusOf } from '../base/file-status.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { identifyFile, type FileIdentity } from '../disk/describe/identify.ts';
import type { MachineIndex } from '../machines/machine-index.ts';

export type PickerFilter = 'disks-and-logs' | 'vmdk' | 'redo-logs' | 'all' | 'images';

/** More files than this in one folder are not looked at: it is not a folder of disks. */
const mostFiles = 4000;

/**
 * What a folder holds, for the picker: folders first, then files by name, each by its header. Segments are
 * folded under their first file unless everything is asked for. Throws disk.not-found, disk.permission.
 */
export function browseFolder(directory: string, filter: PickerFilter, index: MachineIndex): PickerRow[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw asFileError(error, directory, 'read');
  }
  const rows = entries
    .filter((entry) => !entry.name.startsWith('.'))
    .slice(0, mostFiles)
    .flatMap((entry) => rowFor(join(directory, entry.name), filter, index) ?? []);
  const folded = filter === 'all' ? rows : rows.filter((row) => row.kind !== 'segment');
  return folded.sort(byKindAndName);
}

/** One file or folder, or `undefined` where the filter leaves it out or nothing can be said of it. */
export function rowFor(path: string, filter: PickerFilter, index: MachineIndex): PickerRow | undefined {
  const status = statusOf(path);
  if (status === undefined) return undefined;
  const row: PickerRow = {
    path,
    name: basename(path),
    kind: 'not-a-disk',
    sizeBytes: status.size,
    changedAt: status.mtimeMs,
    usedBy: [],
  };
  if (status.isDirectory()) {
    return isSideFolder(row.name) ? undefined : { ...row, kind: 'folder', sizeBytes: 0 };
  }
  if (!status.isFile()) return undefined;
  if (filter === 'images') return /\.(iso|img)$/i.test(path) ? { ...row, kind: 'image' } : undefined;
  const identity = identify(path);
  if (identity === undefined) return filter === 'all' ? row : undefined;
  return isWanted(path, identity, filter) ? { ...row, ...describe(path, identity, index) } : undefined;
}

function identify(path: string): FileIdentity | undefined {
  try {
    return identifyFile(path);
  } catch (error) {
    if (error instanceof RedoubtError && error.code !== 'internal') return undefined;
    throw error;
  }
}

function isWanted(path: string, identity: FileIdentity, filter: PickerFilter): boolean {
  if (filter === 'all') return true;
  if (filter === 'vmdk') return /\.vmdk$/i.test(path);
  const role = identity.kind === 'segment' ? identity.role : identity.kind;
  if (filter === 'redo-logs') return role === 'redo-log';
  return role !== 'not-a-disk';
}

function describe(path: string, identity: FileIdentity, index: MachineIndex): Partial<PickerRow> {
  if (identity.kind === 'not-a-disk')
    return identity.foreignFormat === undefined ? {} : { format: identity.foreignFormat };
  if (identity.kind === 'segment') return { kind: 'segment', part: identity.part, first: identity.first };
  return {
    kind: identity.kind,
    parent: identity.parent,
    capacityBytes: identity.capacityBytes,
    format: identity.format,
    sizeBytes: sizeOfAll(identity.files),
    usedBy: [...new Set(index.usersOf(path).map((machine) => machine.configuration.name))],
  };
}

/** All files together, as far as they are where they should be. */
function sizeOfAll(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (statusOf(file)?.size ?? 0), 0);
}

function isSideFolder(name: string): boolean {
  return name.endsWith('.lck');
}

function byKindAndName(a: PickerRow, b: PickerRow): number {
  const folders = Number(b.kind === 'folder') - Number(a.kind === 'folder');
  return folders !== 0 ? folders : a.name.localeCompare(b.name, 'en', { numeric: true });
}

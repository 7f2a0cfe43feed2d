import { dirname } from 'node:path';
import { syncFolder } from '../base/atomic-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { isThere } from '../base/is-there.ts';
import { planBaseFiles } from '../disk/create/create-base.ts';
import { identifyFile } from '../disk/describe/identify.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { approveFile } from '../disk/parents/approvals.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { removingName } from '../disk/remove-link.ts';
import { editConfiguration } from './configuration-file.ts';
import type { DecisionRow } from './decision-file.ts';
import { writeDisk, writeRedo } from './devices/disk.ts';
import { absoluteFrom, writtenFrom, type MachineConfiguration } from './machine-configuration.ts';
import type { MachineIndex } from './machine-index.ts';

/**
 * A commit into a new copy, from the machine's side: the copy is made, complete and synced; then the configuration
 * names it instead of the disk and its log, in one replacement of the file; then the log is discarded. A crash
 * leaves the machine on its log, perhaps with a copy that the next try goes over to, or on the copy, with a log
 * that is discarded when the decisions are carried out again.
 */
type CopyRow = DecisionRow & { readonly copyTo: string };

export function isCopyRow(row: DecisionRow): row is CopyRow {
  return row.answer === 'commit' && row.copyTo !== undefined;
}

/** Before it is written down. Throws disk.exists, disk.bad-name. */
export function requireNewDisk(file: string): void {
  // Only the name is judged: the size is the old disk's.
  planBaseFiles({ file, capacityBytes: 512, split: false, bus: 'ide' });
  if (isThere(file)) throw new RedoubtError('disk.exists', `${file} exists already.`, { file });
}

/** Before the copy is made: a log from which others hang could not be discarded afterwards. Throws disk.has-dependents. */
export async function requireLoneLog({ redo }: CopyRow, context: OpenContext): Promise<void> {
  const dependents = await findDependents(redo, { searchPaths: context.searchDirectories ?? [] });
  if (dependents.length === 0) return;
  throw new RedoubtError('disk.has-dependents', `Other redo logs hang from ${redo}.`, { file: redo, dependents });
}

/**
 * Whether a crash came between making the copy and going over to it: under its name it is complete. One that another
 * machine has taken for its disk meanwhile is in the way like any other file.
 */
export function isCopyMade({ copyTo, copyLinkId }: CopyRow, index: MachineIndex): boolean {
  if (copyLinkId === undefined || !isThere(copyTo) || index.machinesOn(copyTo).length > 0) return false;
  const identity = identifyFile(copyTo);
  return identity.kind === 'base' && identity.linkId === copyLinkId;
}

/** The copy is there: the machine goes over to it, and its log may be discarded. */
export async function goOverToCopy(
  { configPath, directory, disks }: MachineConfiguration,
  row: CopyRow,
  context: OpenContext,
): Promise<void> {
  const { slot, copyTo } = row;
  // Who made it may have died before its name was on the device, and the log goes.
  syncFolder(dirname(copyTo));
  approveFile(copyTo, context);
  const mode = disks.find((disk) => disk.slot === slot)?.mode ?? 'undoable';
  await editConfiguration(configPath, (document) => {
    writeDisk(document, { slot, fileName: writtenFrom(directory, copyTo), mode });
    writeRedo(document, slot, undefined);
  });
}

/** Whether a crash came between going over and discarding: the machine runs on the copy, and the log is its own. */
export function isLeftByCopy({ directory, disks, uuid }: MachineConfiguration, row: DecisionRow): boolean {
  if (!isCopyRow(row) || uuid === undefined) return false;
  // The crash may have come in the middle of discarding, too.
  const left = [row.redo, removingName(row.redo)].find((path) => isThere(path));
  if (left === undefined) return false;
  const disk = disks.find((one) => one.slot === row.slot);
  if (disk === undefined || disk.redo !== undefined) return false;
  if (absoluteFrom(directory, disk.fileName) !== row.copyTo) return false;
  const identity = identifyFile(left);
  return identity.kind === 'redo-log' && identity.owner === uuid;
}

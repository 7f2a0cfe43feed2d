import { accessSync, constants, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { WaitingChanges } from '../api/errors.ts';
import { hasEntries } from '../base/has-entries.ts';
import { isThere } from '../base/is-there.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import { identifyFile } from '../disk/describe/identify.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { readChildren } from '../disk/parents/children-list.ts';
import type { ConfiguredDisk } from './devices/disk.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import { realPath } from './machine-index.ts';

/**
 * The redo log that the configuration names for a disk, absolute, if it is there and not another machine's.
 * One that is gone from a folder that can be read counts as none (whoever deletes it by hand has discarded
 * it); one whose folder can't be reached, or may be that of a drive that is away, counts as there.
 */
export function namedRedo(configuration: MachineConfiguration, disk: ConfiguredDisk): string | undefined {
  if (disk.redo === undefined) return undefined;
  const path = absoluteFrom(configuration.directory, disk.redo);
  if (!existsSync(path) && isReadable(dirname(path))) {
    if (disk.isRedoDisposable || !mayBeAway(configuration, disk, path)) return undefined;
  }
  return strangersRedo(configuration, disk) === undefined ? path : undefined;
}

/**
 * Nothing is where the log should be, as where a drive is mounted that is away, and its disk still counts on it or is
 * away too.
 */
export function mayBeAway({ directory }: MachineConfiguration, disk: ConfiguredDisk, redo: string): boolean {
  const folder = realPath(dirname(redo));
  if (hasEntries(folder)) return false;
  const file = realPath(absoluteFrom(directory, disk.fileName));
  try {
    return !isThere(file) || readChildren(file).some(({ path }) => path === join(folder, basename(redo)));
  } catch (error) {
    if (error instanceof RedoubtError) return true;
    throw error;
  }
}

/**
 * The log that the configuration names although another machine made it: what a copied configuration does,
 * or one from a stranger. It is never opened, committed or removed here.
 */
export function strangersRedo(
  configuration: MachineConfiguration,
  disk: ConfiguredDisk,
): { file: string; owner: string } | undefined {
  if (disk.redo === undefined) return undefined;
  const file = absoluteFrom(configuration.directory, disk.redo);
  try {
    const identity = identifyFile(file);
    const owner = identity.kind === 'redo-log' ? identity.owner : undefined;
    return owner === undefined || owner === configuration.uuid ? undefined : { file, owner };
  } catch (error) {
    // Not there, or not to be read: whoever opens it says so.
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

/** The log that was kept, or left by a crash, and that somebody must decide about. */
export function keptRedo(configuration: MachineConfiguration, disk: ConfiguredDisk): string | undefined {
  return disk.isRedoDisposable ? undefined : namedRedo(configuration, disk);
}

/** What waits for a decision, a row a disk. Throws what describeRedo throws. */
export async function findWaitingChanges(
  configuration: MachineConfiguration,
  context: OpenContext,
): Promise<WaitingChanges[]> {
  const rows: WaitingChanges[] = [];
  for (const disk of configuration.disks) {
    const redo = keptRedo(configuration, disk);
    if (redo === undefined) continue;
    const { allocatedBytes, changedAt, isUnclean } = await describeRedo(redo, context);
    rows.push({
      slot: disk.slot,
      disk: absoluteFrom(configuration.directory, disk.fileName),
      redo,
      allocatedBytes,
      changedAt,
      isUnclean,
    });
  }
  return rows;
}

/** The power-on question as the error that it is on the wire. */
export function changesWaiting(machine: string, disks: WaitingChanges[]): RedoubtError<'machine.changes-waiting'> {
  return new RedoubtError('machine.changes-waiting', `"${machine}" has changes that nobody has decided about.`, {
    machine,
    disks,
  });
}

function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

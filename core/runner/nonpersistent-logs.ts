import { discardRedoLog } from '../disk/discard.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { editConfiguration, loadConfiguration } from '../machines/configuration-file.ts';
import { writeRedo } from '../machines/devices/disk.ts';
import type { MachineConfiguration } from '../machines/machine-configuration.ts';
import { namedRedo } from '../machines/waiting-changes.ts';
import { freshNonpersistentRedo, newRecord, saveRecords, type PreparationSubject } from './prepare-disks.ts';

/**
 * A reset: each nonpersistent disk gets a fresh log, made, named in the configuration, and then taken by its
 * session (`replace`), which removes the old one. The guest is paused.
 */
export async function renewNonpersistentLogs(
  subject: PreparationSubject,
  replace: (slot: string, redo: string) => Promise<void>,
): Promise<void> {
  const { configuration } = subject;
  for (const disk of configuration.disks.filter((one) => one.mode === 'nonpersistent')) {
    const redo = await freshNonpersistentRedo(subject, disk);
    await saveRecords(configuration, new Map([[disk.slot, newRecord(configuration, disk, { redo, isNew: true })]]));
    await replace(disk.slot, redo);
  }
}

/**
 * The end of a session, which has removed its log. One that is still there (its session did not end well)
 * is removed now; its name stays in the configuration until it is gone. Throws what discardRedoLog and
 * editConfiguration throw.
 */
export async function removeNonpersistentLogs(
  { configPath }: MachineConfiguration,
  context: OpenContext,
): Promise<void> {
  const configuration = loadConfiguration(configPath);
  const disks = configuration.disks.filter((disk) => disk.mode === 'nonpersistent');
  if (disks.length === 0) return;
  for (const disk of disks) {
    const left = namedRedo(configuration, disk);
    if (left !== undefined) await discardRedoLog({ redo: left, force: true, context });
  }
  await editConfiguration(configPath, (document) => {
    for (const { slot } of disks) writeRedo(document, slot, undefined);
  });
}

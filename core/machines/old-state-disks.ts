import { RedoubtError } from '../base/redoubt-error.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { editConfiguration } from './configuration-file.ts';
import { writeDisk, type ConfiguredDisk } from './devices/disk.ts';
import { absoluteFrom, writtenFrom, type MachineConfiguration } from './machine-configuration.ts';
import { realPath, type MachineIndex } from './machine-index.ts';
import { lockMachine } from './machine-lock.ts';
import { keptRedo } from './waiting-changes.ts';

/**
 * A commit that preserved dependents has left the kept log of a machine over an old-state link, and the
 * machine's configured disk has changed below it. The old-state link becomes the machine's disk, so that a discard
 * still leads back to what the machine started from. Saved in one replacement of the file. Returns the
 * configuration as it is then. Throws what editing a configuration throws.
 */
export async function followOldState(
  configuration: MachineConfiguration,
  context: OpenContext,
): Promise<MachineConfiguration> {
  const { configPath, directory, disks } = configuration;
  const moved: { disk: ConfiguredDisk; file: string }[] = [];
  for (const disk of disks) {
    const file = await oldStateBelow(configuration, disk, context);
    if (file !== undefined) moved.push({ disk, file });
  }
  if (moved.length === 0) return configuration;
  return await editConfiguration(configPath, (document) => {
    for (const { disk, file } of moved) writeDisk(document, { ...disk, fileName: writtenFrom(directory, file) });
  });
}

/** The same for all machines that nobody uses now; the others do it at their own next start. */
export async function followOldStates(index: MachineIndex, context: OpenContext): Promise<void> {
  for (const { configuration } of index.machines) {
    const { configPath, name, directory } = configuration;
    try {
      const lock = await lockMachine(configPath, name, 'following an old state');
      try {
        await followOldState(configuration, { ...context, configDirectory: directory, configFile: configPath });
      } finally {
        lock.release();
      }
    } catch (error) {
      if (!(error instanceof RedoubtError)) throw error;
    }
  }
}

async function oldStateBelow(
  configuration: MachineConfiguration,
  disk: ConfiguredDisk,
  context: OpenContext,
): Promise<string | undefined> {
  const redo = keptRedo(configuration, disk);
  if (redo === undefined) return undefined;
  try {
    const { parent, isOverOldState } = await describeRedo(redo, context);
    if (!isOverOldState) return undefined;
    return parent === realPath(absoluteFrom(configuration.directory, disk.fileName)) ? undefined : parent;
  } catch (error) {
    // Whoever opens it says what is wrong with it.
    if (error instanceof RedoubtError) return undefined;
    throw error;
  }
}

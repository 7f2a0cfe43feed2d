import { resolve } from 'node:path';
import { isGone, realPath } from './machine-index.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { editConfiguration, loadConfiguration } from './configuration-file.ts';
import { newMachineId, type Library } from './library.ts';
import { formatUuid } from './machine-configuration.ts';

/**
 * Adds a configuration file that exists to the library; answers with the machine's id. One that was moved from where
 * the library has it keeps its id. A file without a UUID, or with one that another machine of the library has (its
 * folder was copied), gets a new one; where the file can't be written, only the library knows it. Throws
 * machine.bad-config.
 */
export async function openMachine(library: Library, path: string): Promise<string> {
  const configPath = resolve(path);
  if (!/\.(vmx|cfg)$/i.test(configPath)) {
    const reason = 'its name ends neither in .vmx nor in .cfg';
    throw new RedoubtError('machine.bad-config', `${configPath}: ${reason}.`, { file: configPath, reason });
  }
  // Reached by another name it is still the same machine: a second entry would give it another UUID.
  const listed = library.list().find((entry) => realPath(entry.configPath) === realPath(configPath));
  if (listed !== undefined) return listed.id;
  const configuration = loadConfiguration(configPath);
  const namesake = library.list().find((entry) => entry.id === configuration.uuid);
  // By another UUID it would not know its own redo logs any more, nor the changes that wait in them.
  if (namesake !== undefined && isGone(namesake.configPath, library.settingsDirectory)) {
    if (await library.move(namesake, configPath)) return namesake.id;
  }
  const wanted = configuration.uuid ?? newMachineId();
  const { id } = await library.add({ id: wanted, configPath });
  if (id !== configuration.uuid) {
    await editConfiguration(configPath, (document) => {
      document.set('uuid.bios', formatUuid(id));
    }).catch((error: unknown) => {
      if (!(error instanceof RedoubtError && error.is('machine.folder-not-writable'))) throw error;
    });
  }
  return id;
}

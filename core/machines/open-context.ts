import type { Home } from '../base/home.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';

/**
 * What the engine is told when it opens a machine's disks. The files that the configuration names are
 * trusted, because the user chose them or opened this configuration; what their headers name is not.
 */
export function machineContext(
  configuration: MachineConfiguration,
  home: Pick<Home, 'settingsDirectory'>,
  purpose: string,
): OpenContext {
  const named = configuration.disks.flatMap((disk) =>
    disk.redo === undefined || disk.redo === '' ? [disk.fileName] : [disk.fileName, disk.redo],
  );
  return {
    trustedPaths: named.map((path) => absoluteFrom(configuration.directory, path)),
    configDirectory: configuration.directory,
    settingsDirectory: home.settingsDirectory,
    machineName: configuration.name,
    purpose,
  };
}

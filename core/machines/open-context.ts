import type { Home } from '../base/home.ts';
import type { OpenContext } from '../disk/open-context.ts';
import type { MachineConfiguration } from './machine-configuration.ts';

/**
 * What the engine is told when it opens a machine's disks. A configuration is untrusted input like a header:
 * what it names outside its own folder is opened only if the user has approved it, which he does by choosing it.
 */
export function machineContext(
  configuration: MachineConfiguration,
  home: Pick<Home, 'settingsDirectory'>,
  purpose: string,
): OpenContext {
  return {
    configDirectory: configuration.directory,
    configFile: configuration.configPath,
    settingsDirectory: home.settingsDirectory,
    machineName: configuration.name,
    purpose,
  };
}

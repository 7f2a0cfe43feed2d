import { RedoubtError } from '../base/redoubt-error.ts';
import { carryOutDecisions, hasOpenDecisions } from '../machines/carry-out-decisions.ts';
import { editConfiguration, loadConfiguration } from '../machines/configuration-file.ts';
import { Library } from '../machines/library.ts';
import { formatUuid, type MachineConfiguration } from '../machines/machine-configuration.ts';
import { MachineIndex } from '../machines/machine-index.ts';
import { machineContext } from '../machines/open-context.ts';
import { changesWaiting, findWaitingChanges } from '../machines/waiting-changes.ts';
import { nameLeftLogs } from './prepare-disks.ts';
import type { RunnerArguments } from './runner-handle.ts';

/**
 * Before a start: what was decided and is not carried out yet, then the power-on question, unless `continueWaiting`
 * answers it. Returns the configuration as it is then. Throws machine.changes-waiting, machine.busy (a commit is not
 * carried out), and what carrying out throws.
 */
export async function settleLeftovers(
  { configPath, machineId, home }: RunnerArguments,
  continueWaiting: boolean,
): Promise<MachineConfiguration> {
  const index = (): MachineIndex => MachineIndex.read(new Library(home.settingsDirectory));
  let configuration = loadConfiguration(configPath);
  // What we make is told from other machines' by this.
  if (configuration.uuid !== machineId) {
    configuration = await editConfiguration(configPath, (document) => {
      document.set('uuid.bios', formatUuid(machineId));
    });
  }
  await carryOutDecisions(configPath, machineContext(configuration, home, 'running'), index());
  configuration = loadConfiguration(configPath);
  const { name } = configuration;
  if (hasOpenDecisions(configPath)) {
    throw new RedoubtError('machine.busy', `"${name}" has a commit that is not carried out.`, {
      machine: name,
      doing: 'committing',
    });
  }
  const context = machineContext(configuration, home, 'running');
  const hasFound = await nameLeftLogs({ machineId, configuration, index: index(), context });
  if (hasFound) configuration = loadConfiguration(configPath);
  if (continueWaiting && !hasFound) return configuration;
  const waiting = await findWaitingChanges(configuration, context);
  if (waiting.length > 0) throw changesWaiting(name, waiting);
  return configuration;
}

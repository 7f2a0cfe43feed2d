import { openDialog } from '../stores/dialogs.ts';
import { selectTab, useSelection } from '../stores/selection.ts';
import { asRedoubtError, client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { canPowerOn } from './power-state.ts';
import { t } from './words.ts';

/** Starts the machine and shows its console; asks first where changes wait for a decision. */
export const powerOn: Action = {
  id: 'power-on',
  label: t('power-on'),
  key: 'Ctrl+B',
  enabledWhen: canPowerOn,
  perform: async ({ machine }) => {
    if (machine === undefined) return;
    await startMachine(machine.id);
  },
};

/**
 * Starts a machine and, if it is still the one that is selected, shows its console. The power-on question is
 * not an error but a dialog; other refusals are thrown.
 */
export async function startMachine(id: string): Promise<void> {
  try {
    await client().machines.powerOn({ id });
    const { selection } = useSelection.getState();
    if (selection.kind === 'machine' && selection.id === id) selectTab('console');
  } catch (thrown) {
    askPowerOnQuestion(id, thrown);
  }
}

/** Opens the power-on question if it is what was thrown, and throws everything else. */
export function askPowerOnQuestion(id: string, thrown: unknown): void {
  const error = asRedoubtError(thrown);
  if (!error.is('machine.changes-waiting')) throw error;
  openDialog({ kind: 'power-on-question', machineId: id, error });
}

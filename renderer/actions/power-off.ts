import { openDialog } from '../stores/dialogs.ts';
import { usePreferences } from '../stores/preferences.ts';
import { client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { hasGuest, looksAlive } from './power-state.ts';
import { runAction } from './run-action.ts';
import { shutDown } from './shut-down.ts';
import { t } from './words.ts';

/** Pulls the plug. Asks first while the guest may hold unsaved work; the question of the changes comes after. */
export const powerOff: Action = {
  id: 'power-off',
  label: t('power-off'),
  key: 'Ctrl+E',
  enabledWhen: hasGuest,
  perform: async (context) => {
    const { machine } = context;
    if (machine === undefined) return;
    if (!usePreferences.getState().confirmPowerOff || !looksAlive(machine)) {
      await client().machines.powerOff({ id: machine.id });
      return;
    }
    openDialog({
      kind: 'confirm',
      confirmation: {
        title: t('confirm.power-off', { vm: machine.name }),
        text: t('confirm.power-off.text'),
        confirmLabel: t('power-off'),
        isDanger: true,
        alternative: {
          label: t('shut-down'),
          perform: () => {
            runAction(shutDown, context);
          },
        },
        perform: async () => {
          await client().machines.powerOff({ id: machine.id });
        },
      },
    });
  },
};

import { openDialog } from '../stores/dialogs.ts';
import { usePreferences } from '../stores/preferences.ts';
import { client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { isRunning, looksAlive } from './power-state.ts';
import { t } from './words.ts';

/** Presses the reset button. Asks first while the guest may hold unsaved work. */
export const reset: Action = {
  id: 'reset',
  label: t('reset'),
  key: 'Ctrl+R',
  enabledWhen: isRunning,
  perform: async ({ machine }) => {
    if (machine === undefined) return;
    const isForgetful = machine.disks.some((disk) => disk.mode === 'nonpersistent');
    const mayHurt = usePreferences.getState().confirmPowerOff && looksAlive(machine);
    if (!mayHurt) {
      await client().machines.reset({ id: machine.id });
      return;
    }
    openDialog({
      kind: 'confirm',
      confirmation: {
        title: t('confirm.reset', { vm: machine.name }),
        text: isForgetful ? t('confirm.reset.nonpersistent') : t('confirm.reset.text'),
        confirmLabel: t('reset'),
        isDanger: true,
        perform: async () => {
          await client().machines.reset({ id: machine.id });
        },
      },
    });
  },
};

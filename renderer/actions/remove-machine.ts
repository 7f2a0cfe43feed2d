import { openDialog } from '../stores/dialogs.ts';
import { showToast } from '../stores/toasts.ts';
import { client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { isAtRest } from './power-state.ts';
import { t } from './words.ts';

/** Takes a machine off the list and leaves its files alone. */
export const removeMachine: Action = {
  id: 'remove-machine',
  label: t('remove-machine'),
  enabledWhen: isAtRest,
  perform: ({ machine }) => {
    if (machine === undefined) return;
    openDialog({
      kind: 'confirm',
      confirmation: {
        title: t('confirm.remove', { vm: machine.name }),
        text: t('confirm.remove.text'),
        confirmLabel: t('confirm.remove.button'),
        perform: async () => {
          await client().machines.remove({ id: machine.id });
          showToast(t('done.removed', { vm: machine.name }));
        },
      },
    });
  },
};

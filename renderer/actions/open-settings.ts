import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** Opens the configuration editor; while the machine runs it shows and locks. */
export const openSettings: Action = {
  id: 'open-settings',
  label: t('open-settings'),
  key: 'Ctrl+D',
  enabledWhen: ({ machine, isConnected }) => {
    if (!isConnected) return t('no.connection');
    return machine !== undefined || t('no.machine');
  },
  perform: ({ machine }) => {
    if (machine !== undefined) openDialog({ kind: 'settings', machineId: machine.id });
  },
};

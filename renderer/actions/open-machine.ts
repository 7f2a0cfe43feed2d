import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** Adds a machine that exists on disk to the library. */
export const openMachine: Action = {
  id: 'open-machine',
  label: t('open-machine'),
  key: 'Ctrl+O',
  enabledWhen: ({ isConnected }) => isConnected || t('no.connection'),
  perform: () => {
    openDialog({ kind: 'open-machine' });
  },
};

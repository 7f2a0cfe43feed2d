import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** Opens the wizard. */
export const newMachine: Action = {
  id: 'new-machine',
  label: t('new-machine'),
  key: 'Ctrl+N',
  enabledWhen: ({ isConnected }) => isConnected || t('no.connection'),
  perform: () => {
    openDialog({ kind: 'new-machine' });
  },
};

import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** Opens the wizard with the selected base already chosen. */
export const newMachineFromBase: Action = {
  id: 'new-machine-from-base',
  label: t('new-machine-from-base'),
  key: 'Ctrl+Shift+N',
  enabledWhen: ({ isConnected, base }) => {
    if (!isConnected) return t('no.connection');
    return base !== undefined || t('no.base');
  },
  perform: ({ base }) => {
    openDialog({ kind: 'new-machine', ...(base === undefined ? {} : { basePath: base.path }) });
  },
};

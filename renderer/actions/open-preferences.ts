import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

export const openPreferences: Action = {
  id: 'preferences',
  label: t('preferences'),
  key: 'Ctrl+,',
  enabledWhen: () => true,
  perform: () => {
    openDialog({ kind: 'preferences' });
  },
};

import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

export const showKeyboardShortcuts: Action = {
  id: 'keyboard-shortcuts',
  label: t('keyboard-shortcuts'),
  key: 'Ctrl+/',
  enabledWhen: () => true,
  perform: () => {
    openDialog({ kind: 'shortcuts' });
  },
};

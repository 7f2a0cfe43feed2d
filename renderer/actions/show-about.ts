import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

export const showAbout: Action = {
  id: 'about',
  label: t('about'),
  enabledWhen: () => true,
  perform: () => {
    openDialog({ kind: 'about' });
  },
};

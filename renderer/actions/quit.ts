import type { Action } from './action.ts';
import { t } from './words.ts';

/** Closes the window; machines go on running without it. */
export const quit: Action = {
  id: 'quit',
  label: t('quit'),
  key: 'Ctrl+Q',
  isOffered: ({ shell }) => shell === 'electron',
  enabledWhen: () => true,
  perform: () => {
    window.close();
  },
};

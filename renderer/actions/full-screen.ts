import type { Action } from './action.ts';
import { t } from './words.ts';

/** The one shortcut besides Ctrl+Alt that acts while the console has the grab. */
export const fullScreen: Action = {
  id: 'full-screen',
  label: t('full-screen'),
  key: 'Ctrl+Alt+Enter',
  isChecked: () => document.fullscreenElement !== null,
  enabledWhen: ({ console }) => console !== undefined || t('no.console'),
  perform: ({ console }) => {
    console?.toggleFullScreen();
  },
};

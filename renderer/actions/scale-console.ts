import { setPreferences, usePreferences } from '../stores/preferences.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** Fits the guest's picture to the window, or shows it at its own size. */
export const scaleConsole: Action = {
  id: 'scale-console',
  label: t('scale-console'),
  isChecked: () => usePreferences.getState().isConsoleScaled,
  enabledWhen: () => true,
  perform: () => {
    setPreferences({ isConsoleScaled: !usePreferences.getState().isConsoleScaled });
  },
};

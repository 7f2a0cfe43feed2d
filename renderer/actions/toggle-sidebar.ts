import { setPreferences, usePreferences } from '../stores/preferences.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

export const toggleSidebar: Action = {
  id: 'toggle-sidebar',
  label: t('toggle-sidebar'),
  key: 'Ctrl+\\',
  isChecked: () => usePreferences.getState().isSidebarVisible,
  enabledWhen: () => true,
  perform: () => {
    setPreferences({ isSidebarVisible: !usePreferences.getState().isSidebarVisible });
  },
};

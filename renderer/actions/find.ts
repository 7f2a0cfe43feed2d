import { setPreferences } from '../stores/preferences.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** The id of the search field's element. */
export const searchFieldId = 'search-machines';

/** Puts the cursor into the search field. */
export const find: Action = {
  id: 'find',
  label: t('find'),
  key: 'Ctrl+F',
  enabledWhen: () => true,
  perform: () => {
    setPreferences({ isSidebarVisible: true });
    document.getElementById(searchFieldId)?.focus();
  },
};

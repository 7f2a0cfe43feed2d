import { machineTabs, selectTab, type MachineTab } from '../stores/selection.ts';
import type { Action } from './action.ts';
import { t } from './words.ts';

/** One action a tab of the machine, Ctrl+1 to Ctrl+4. */
export const showTabs: readonly Action[] = machineTabs.map((tab: MachineTab, index) => ({
  id: `show-${tab}`,
  label: t(`show-${tab}`),
  key: `Ctrl+${String(index + 1)}`,
  isChecked: (context) => context.machine !== undefined && context.tab === tab,
  enabledWhen: ({ machine }) => machine !== undefined || t('no.machine'),
  perform: () => {
    selectTab(tab);
  },
}));

import type { Action } from './action.ts';
import { t } from './words.ts';

export const sendCtrlAltDel: Action = {
  id: 'send-ctrl-alt-del',
  label: t('send-ctrl-alt-del'),
  key: 'Ctrl+Alt+Ins',
  enabledWhen: ({ console }) => console !== undefined || t('no.console'),
  perform: ({ console }) => {
    console?.sendCtrlAltDel();
  },
};

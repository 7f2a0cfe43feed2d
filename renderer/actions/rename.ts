import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { isAtRest } from './power-state.ts';
import { t } from './words.ts';

/** Opens the settings where the name stands. */
export const rename: Action = {
  id: 'rename',
  label: t('rename'),
  key: 'F2',
  enabledWhen: isAtRest,
  perform: ({ machine }) => {
    if (machine !== undefined) openDialog({ kind: 'settings', machineId: machine.id, panel: 'options' });
  },
};

import { openDialog } from '../stores/dialogs.ts';
import type { Action } from './action.ts';
import { isAtRest } from './power-state.ts';
import { t } from './words.ts';

export const deleteMachine: Action = {
  id: 'delete-machine',
  label: t('delete-machine'),
  key: 'Del',
  isDanger: true,
  enabledWhen: isAtRest,
  perform: ({ machine }) => {
    if (machine !== undefined) openDialog({ kind: 'delete-machine', machineId: machine.id });
  },
};

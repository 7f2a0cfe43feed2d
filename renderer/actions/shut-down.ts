import { client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { isRunning } from './power-state.ts';
import { t } from './words.ts';

/** Asks the guest to end; it takes its time and may refuse. */
export const shutDown: Action = {
  id: 'shut-down',
  label: t('shut-down'),
  key: 'Ctrl+Shift+E',
  enabledWhen: isRunning,
  perform: async ({ machine }) => {
    if (machine !== undefined) await client().machines.shutDown({ id: machine.id });
  },
};

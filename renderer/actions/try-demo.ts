import { findMachine } from '../stores/machines.ts';
import { selectMachine } from '../stores/selection.ts';
import { client } from '../transport/client.ts';
import type { Action } from './action.ts';
import { startMachine } from './power-on.ts';
import { t } from './words.ts';

/** Makes the demo machine, or finds it, and runs it. */
export const tryDemo: Action = {
  id: 'try-demo',
  label: t('try-demo'),
  enabledWhen: ({ isConnected }) => isConnected || t('no.connection'),
  perform: async () => {
    const { id } = await client().machines.createDemo({});
    selectMachine(id, 'console');
    const power = findMachine(id)?.power ?? 'off';
    if (power === 'off' || power === 'failed') await startMachine(id);
  },
};

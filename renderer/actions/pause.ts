import { client } from '../transport/client.ts';
import type { Action, ActionContext } from './action.ts';
import { isRunning } from './power-state.ts';
import { t } from './words.ts';

/** Stops the guest's clock; everything stays as it is until it continues. */
export const pause: Action = {
  id: 'pause',
  label: t('pause'),
  isOffered: (context) => !isPaused(context),
  enabledWhen: isRunning,
  perform: async ({ machine }) => {
    if (machine !== undefined) await client().machines.pause({ id: machine.id });
  },
};

/** Lets a paused guest go on, also one that was paused because its disk's volume is full. */
export const resume: Action = {
  id: 'resume',
  label: t('resume'),
  isOffered: isPaused,
  enabledWhen: isRunning,
  perform: async ({ machine }) => {
    if (machine !== undefined) await client().machines.resume({ id: machine.id });
  },
};

function isPaused({ machine }: ActionContext): boolean {
  return machine?.power === 'paused';
}

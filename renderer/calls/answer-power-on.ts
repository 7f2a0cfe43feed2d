import { attempt } from '../actions/run-action.ts';
import { selectMachine } from '../stores/selection.ts';
import { client } from '../transport/client.ts';

/**
 * Powers a machine on with the answer to its power-on question. `isAlways`: with `continue`, not to be
 * asked again. A refusal is shown with a way to try again.
 */
export function answerPowerOn(
  id: string,
  waiting: 'continue' | 'commit' | 'discard',
  isAlways: boolean,
): Promise<void> {
  return attempt(async () => {
    await client().machines.powerOn({
      id,
      waiting,
      ...(isAlways && waiting === 'continue' ? { alwaysContinue: true } : {}),
    });
    selectMachine(id, 'console');
  }, id);
}

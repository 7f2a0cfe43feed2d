import type { WaitingChanges } from '../../core/api/errors.ts';
import { askPowerOnQuestion } from '../actions/power-on.ts';
import { attempt } from '../actions/run-action.ts';
import { selectMachine } from '../stores/selection.ts';
import { client } from '../transport/client.ts';

/**
 * Powers a machine on with the answer to its power-on question, which was about the changes `asked`. `isAlways`:
 * with `continue`, not to be asked again. A refusal is shown with a way to try again; where other changes have come
 * since, the question is asked anew, for trying again would discard what nobody has seen.
 */
export function answerPowerOn(
  id: string,
  waiting: 'continue' | 'commit' | 'discard',
  isAlways: boolean,
  asked: WaitingChanges[],
): Promise<void> {
  return attempt(async () => {
    try {
      await client().machines.powerOn({
        id,
        waiting,
        asked,
        ...(isAlways && waiting === 'continue' ? { alwaysContinue: true } : {}),
      });
      selectMachine(id, 'console');
    } catch (thrown) {
      askPowerOnQuestion(id, thrown);
    }
  }, id);
}

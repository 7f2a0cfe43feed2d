import { showError } from '../stores/dialogs.ts';
import { asRedoubtError } from '../transport/as-redoubt-error.ts';
import type { Action, ActionContext } from './action.ts';

/**
 * Does an action where it may be done; elsewhere nothing happens, for its reason is on the button. What goes
 * wrong is shown with the way to try again.
 */
export function runAction(action: Action, context: ActionContext): void {
  if (action.enabledWhen(context) !== true) return;
  void attempt(async () => {
    await action.perform(context);
  }, context.machine?.id);
}

/** Does something for a machine, and shows what goes wrong with the way to try again. */
export async function attempt(work: () => void | Promise<void>, machineId?: string): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    showError(asRedoubtError(thrown), {
      ...(machineId === undefined ? {} : { machineId }),
      retry: () => {
        void attempt(work, machineId);
      },
    });
  }
}

import type { NewMachine } from '../../core/api/machines.ts';
import { selectMachine } from '../stores/selection.ts';
import { client } from '../transport/client.ts';
import { startMachine } from '../actions/power-on.ts';
import { attempt } from '../actions/run-action.ts';

/** Creates a machine and shows it; starts it too where that was asked. Throws what the core refused. */
export async function createMachine(request: NewMachine, isStarted: boolean): Promise<void> {
  const { id } = await client().machines.create(request);
  selectMachine(id, isStarted ? 'console' : 'summary');
  if (isStarted) void attempt(() => startMachine(id), id);
}

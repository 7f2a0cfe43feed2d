import { attempt } from '../actions/run-action.ts';
import { selectMachine } from '../stores/selection.ts';
import { client } from '../transport/client.ts';

/** Adds a machine to the library by its configuration file, and shows it. A refusal is shown. */
export function openMachineFile(path: string): Promise<void> {
  return attempt(async () => {
    const { id } = await client().machines.open({ path });
    selectMachine(id);
  });
}

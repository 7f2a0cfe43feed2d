import { client } from '../transport/client.ts';

/** Deletes the named files of a machine and takes it off the list. Its other files stay. */
export async function deleteMachine(id: string, files: string[]): Promise<void> {
  await client().machines.delete({ id, files });
}

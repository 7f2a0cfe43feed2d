import type { MachineSettings } from '../../core/api/machines.ts';
import { client } from '../transport/client.ts';

/** Saves a machine's settings. Throws machine.decide-first where a kept redo log stands against it. */
export async function saveSettings(id: string, settings: MachineSettings): Promise<void> {
  await client().machines.saveSettings({ id, settings });
}

import { join } from 'node:path';
import type { Home } from '../base/home.ts';
import type { Backend } from '../backends/backend.ts';
import { createQemuBackend } from '../backends/qemu/qemu-backend.ts';

/** Every backend there is, in order of preference. */
export function createBackends(home: Home): Backend[] {
  return [createQemuBackend({ stateDirectory: join(home.settingsDirectory, 'qemu') })];
}

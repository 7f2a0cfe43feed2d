import { join } from 'node:path';
import type { Home } from '../base/home.ts';
import type { Backend } from '../backends/backend.ts';
import { createFakeBackend } from '../backends/fake/fake-backend.ts';
import { createQemuBackend } from '../backends/qemu/qemu-backend.ts';
import { V86Backend } from '../backends/v86/v86-backend.ts';

/**
 * Every backend there is, in order of preference. The fake one is there only where somebody asks for it:
 * `REDOUBT_FAKE_BACKEND=1`.
 */
export function createBackends(home: Home, environment: NodeJS.ProcessEnv = process.env): Backend[] {
  const fake = environment['REDOUBT_FAKE_BACKEND'] === '1' ? [createFakeBackend()] : [];
  return [createQemuBackend({ stateDirectory: join(home.settingsDirectory, 'qemu') }), new V86Backend(), ...fake];
}

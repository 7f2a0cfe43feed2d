import { join, resolve } from 'node:path';
import type { Home } from '../base/home.ts';
import type { Backend } from '../backends/backend.ts';
import { createFakeBackend } from '../backends/fake/fake-backend.ts';
import { createQemuBackend } from '../backends/qemu/qemu-backend.ts';
import { V86Backend } from '../backends/v86/v86-backend.ts';

/**
 * Every backend there is, in order of preference. The environment may say where they are: `REDOUBT_QEMU` is the
 * program to use as QEMU and `REDOUBT_FIRMWARE` the folder with the built-in emulator's firmware; nothing else is
 * searched then. The fake backend is there only where somebody asks for it: `REDOUBT_FAKE_BACKEND=1`.
 */
export function createBackends(home: Home, environment: NodeJS.ProcessEnv = process.env): Backend[] {
  const qemu = chosen(environment['REDOUBT_QEMU']);
  const firmware = chosen(environment['REDOUBT_FIRMWARE']);
  const fake = environment['REDOUBT_FAKE_BACKEND'] === '1' ? [createFakeBackend()] : [];
  return [
    createQemuBackend({
      stateDirectory: join(home.settingsDirectory, 'qemu'),
      ...(qemu === undefined ? {} : { configuredPath: qemu }),
    }),
    new V86Backend(firmware === undefined ? undefined : [firmware]),
    ...fake,
  ];
}

/** Absolute, for a runner may work in another folder; a blank says nothing. */
function chosen(path: string | undefined): string | undefined {
  return path === undefined || path === '' ? undefined : resolve(path);
}

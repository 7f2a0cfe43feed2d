import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendConfiguration } from '../../../../core/backends/backend.ts';
import { createFakeBackend } from '../../../../core/backends/fake/fake-backend.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { startLeakCheck } from '../../../support/leak-check.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** What a script asks for; what every backend does is in test/contract/backends. */
describe('the script of the fake backend', () => {
  let leaks: ReturnType<typeof startLeakCheck>;
  let folder: TempFolder;

  beforeEach(() => {
    leaks = startLeakCheck();
    folder = makeTempFolder();
  });

  afterEach(async () => {
    folder.remove();
    await leaks.check();
  });

  const ignoreEvents = (): void => undefined;
  const configuration = (): BackendConfiguration => ({
    machineId: '1',
    machineName: 'm',
    memoryMb: 32,
    disks: [],
    network: 'none',
    serialFilePath: folder.at('serial.txt'),
    runtimeDirectory: folder.path,
  });

  it('a start that takes its time', async () => {
    const began = Date.now();
    const guest = await createFakeBackend({ startDelayMs: 120 }).start(configuration(), ignoreEvents);
    expect(Date.now() - began).toBeGreaterThanOrEqual(110);
    await guest.powerOff();
  });

  it('a start that fails', async () => {
    const startFailure = new RedoubtError('backend.exited', 'no', {
      backend: 'fake',
      status: 'exit status 1',
      output: 'no',
    });
    await expect(createFakeBackend({ startFailure }).start(configuration(), ignoreEvents)).rejects.toBe(startFailure);
  });

  it('a guest that ignores its power button', async () => {
    const guest = await createFakeBackend({ obeysShutdown: false }).start(configuration(), ignoreEvents);
    await guest.requestShutdown();
    await guest.powerOff();
    expect(await guest.ended).toEqual({ kind: 'powered-off' });
  });

  it('a backend that breaks', async () => {
    let breakIt: (reason: string) => Promise<void> = () => Promise.resolve();
    const backend = createFakeBackend({ onGuest: (guest) => (breakIt = (reason) => guest.fail(reason)) });
    const guest = await backend.start(configuration(), ignoreEvents);
    await breakIt('out of luck');
    expect(await guest.ended).toEqual({ kind: 'failed', reason: 'out of luck' });
  });

  it('without a disk it says so', async () => {
    const guest = await createFakeBackend().start(configuration(), ignoreEvents);
    await expect.poll(() => readFileSync(folder.at('serial.txt'), 'latin1')).toBe('No bootable disk.\r\n');
    await guest.powerOff();
  });
});

import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend, RunningGuest } from '../../../core/backends/backend.ts';
import { createFakeBackend } from '../../../core/backends/fake/fake-backend.ts';
import { homeBelow, prepareHome, type Home } from '../../../core/base/home.ts';
import { silentLogger } from '../../../core/base/logger.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { describeRedo } from '../../../core/disk/describe/describe-redo.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { createMachine } from '../../../core/machines/create-machine.ts';
import { Library } from '../../../core/machines/library.ts';
import { BackendChooser } from '../../../core/runner/backend-chooser.ts';
import { DiskThread } from '../../../core/runner/disk-thread.ts';
import { MachineRunner } from '../../../core/runner/machine-runner.ts';
import { prepareRuntimeDirectory } from '../../../core/runner/runtime-paths.ts';
import { makeLog, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

/** A runner in this process. */
describe('a machine runner', { timeout: 30_000 }, () => {
  let folder: TempFolder;
  let home: Home;
  let runner: MachineRunner | undefined;
  beforeEach(() => {
    folder = makeTempFolder();
    home = homeBelow(folder.path);
    prepareHome(home);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await runner?.powerOffAndKeep();
    runner = undefined;
    folder.remove();
  });

  /** A running machine with an undoable disk; `change` meddles with its guest. */
  const start = async (change: (guest: RunningGuest) => void = () => undefined): Promise<MachineRunner> => {
    const library = new Library(home.settingsDirectory);
    const machineId = await createMachine(home, library, {
      name: 'one',
      directory: folder.at('one'),
      guestOs: 'other',
      memoryMb: 16,
      network: 'none',
      bus: 'ide',
      disk: { kind: 'new', fileName: 'disk.vmdk', capacityBytes: 8 << 20, split: true, allocateNow: false },
      mode: 'undoable',
      redoLogDir: '',
      backend: 'fake',
    });
    const fake = createFakeBackend();
    const backend: Backend = {
      ...fake,
      start: async (configuration, onEvent) => {
        const guest = await fake.start(configuration, onEvent);
        change(guest);
        return guest;
      },
    };
    const { directory } = prepareRuntimeDirectory(home, machineId);
    const { configPath } = library.entry(machineId);
    runner = new MachineRunner({ machineId, configPath, home }, directory, new BackendChooser([backend]), silentLogger);
    await runner.start({ continueWaiting: false });
    return runner;
  };
  const redo = (): string => folder.at('one', 'disk.vmdk.REDO');

  it('is powered off once by two who ask at the same time', async () => {
    const machine = await start((guest) => {
      guest.screenshot = () => delay(50, new Uint8Array());
    });
    await Promise.all([machine.powerOff(), machine.powerOff()]);
    await vi.waitFor(() => {
      expect(machine.board.now.power).toBe('deciding');
    });
  });

  it('is off where the guest goes by itself while it is being powered off', async () => {
    const machine = await start((guest) => {
      guest.screenshot = async () => {
        await guest.requestShutdown();
        await guest.ended;
        return await delay(50, new Uint8Array());
      };
    });
    await machine.powerOff();
    await vi.waitFor(() => {
      expect(machine.board.now.power).toBe('deciding');
    });
  });

  it('keeps where it is told twice to end', async () => {
    const machine = await start((guest) => {
      guest.screenshot = () => delay(50, new Uint8Array());
    });
    await Promise.all([machine.powerOffAndKeep(), machine.powerOffAndKeep()]);
    expect(machine.board.now).toMatchObject({ power: 'off', isLeaving: true });
    expect(existsSync(redo())).toBe(true);
  });

  it('[S3] leaves a disk that can not go on any more when all of its disks are closed clean', async () => {
    const machine = await start();
    const close: (this: DiskThread) => Promise<void> = Reflect.get(DiskThread.prototype, 'close');
    let isClosed = false;
    vi.spyOn(DiskThread.prototype, 'close').mockImplementation(async function (this: DiskThread) {
      await delay(500);
      await close.call(this);
      isClosed = true;
    });
    const problem = { code: 'disk.parent-changed', message: 'changed', details: {} } as const;
    vi.spyOn(DiskThread.prototype, 'stats').mockResolvedValue([
      { slot: 'ide0:0', allocatedBytes: 0, problem: { ...problem, details: { file: 'a', parent: 'b', reason: 'c' } } },
    ]);
    await machine.leaving;
    expect(isClosed).toBe(true);
    expect(machine.board.now).toMatchObject({ power: 'off', problem: { code: 'disk.parent-changed' } });
    expect(await describeRedo(redo())).toMatchObject({ isUnclean: false });
  });

  /** As where it runs out of memory. */
  const killDisks = async (thread: DiskThread): Promise<void> => {
    await (thread as unknown as { worker: Worker }).worker.terminate();
  };
  const namedRedo = (): string | undefined =>
    loadConfiguration(folder.at('one', 'one.vmx')).disks.find(({ slot }) => slot === 'ide0:0')?.redo;

  it('keeps where its disk thread dies', async () => {
    const serve = vi.spyOn(DiskThread.prototype, 'serve');
    const machine = await start();
    await killDisks(serve.mock.contexts[0] as DiskThread);
    await machine.leaving;
    expect(machine.board.now).toMatchObject({ power: 'off', isLeaving: true, problem: { code: 'internal' } });
    expect(namedRedo()).toBe('disk.vmdk.REDO');
  });

  it('takes a start back in which its disk thread dies before it leaves', async () => {
    vi.spyOn(DiskThread.prototype, 'serve').mockImplementation(async function (this: DiskThread) {
      await killDisks(this);
      throw new Error('the disk thread ended');
    });
    const close: (this: DiskThread) => Promise<void> = Reflect.get(DiskThread.prototype, 'close');
    vi.spyOn(DiskThread.prototype, 'close').mockImplementation(async function (this: DiskThread) {
      await delay(300);
      await close.call(this);
    });
    const refusal = start().catch((error: unknown) => error);
    await vi.waitFor(() => {
      expect(runner).toBeDefined();
    });
    await runner?.leaving;
    expect(runner?.board.now).toMatchObject({ power: 'failed', isLeaving: true });
    expect(namedRedo()).toBeUndefined();
    expect(await refusal).toBeInstanceOf(Error);
  });

  it('[C1, R1] carries an answer out on the log that it asked about, and on no other that has got its name', async () => {
    const machine = await start();
    await machine.powerOff();
    await vi.waitFor(() => {
      expect(machine.board.now.power).toBe('deciding');
    });
    await commitRedoLog({ redo: redo() });
    await makeLog(folder.at('one', 'disk.vmdk'));
    await writeDisk(folder.at('one', 'disk.vmdk'), redo(), [[0, 7]]);
    const refusal = machine.decide([{ slot: 'ide0:0', answer: 'discard' }], false);
    await expect(refusal).rejects.toMatchObject({ code: 'machine.changes-waiting' });
    expect(existsSync(redo())).toBe(true);
    // That one is asked about now.
    expect(machine.board.now).toMatchObject({ power: 'deciding', question: { disks: [{ isEmpty: false }] } });
    await machine.decide([{ slot: 'ide0:0', answer: 'discard' }], false);
    expect(existsSync(redo())).toBe(false);
    expect(machine.board.now).toMatchObject({ power: 'off', isLeaving: true });
  });
});

import { ORPCError, createRouterClient, implement } from '@orpc/server';
import { contract, type Client } from '../../../core/api/contract.ts';
import type { MachineView } from '../../../core/api/machines.ts';
import { RedoubtError, isRedoubtError } from '../../../renderer/errors/redoubt-error.ts';
import type { Connection } from '../../../renderer/transport/connection.ts';
import { fakeDisks } from './fake-disks.ts';
import { refuse, type FakeCore } from './fake-core.ts';
import { FakeScreen, drawScreenPng } from './fake-screen.ts';

/** The contract's calls over a fake core, with the schemas checked as over a wire. */
export function makeFakeClient(core: FakeCore): Client {
  return createRouterClient(makeFakeRouter(core), { context: {} });
}

/** A connection that is always open, on a fake core. */
export function makeFakeConnection(core: FakeCore): Connection {
  return {
    client: makeFakeClient(core),
    openConsole: (machineId) => new FakeScreen(core.machine(machineId).name),
    subscribe(listener) {
      listener('open');
      return () => undefined;
    },
    retryNow: () => undefined,
  };
}

/** Handlers of the contract for a fake core: what it refuses crosses as the contract's one error. */
export function implementFake(core: FakeCore) {
  return implement(contract).use(async ({ next, path }) => {
    try {
      core.failIfAsked(path.join('.'));
      return await next();
    } catch (error) {
      if (!isRedoubtError(error)) throw error;
      const { code, message, details } = error;
      throw new ORPCError('REDOUBT', { defined: true, message: 'refused', data: { code, message, details } });
    }
  });
}
export type FakeImplementer = ReturnType<typeof implementFake>;

/** The whole contract over a fake core, to be called directly or served on a wire. */
export function makeFakeRouter(core: FakeCore) {
  const os = implementFake(core);
  return os.router({
    machines: makeMachines(os.machines, core),
    disks: fakeDisks(os.disks, core),
    jobs: {
      watch: os.jobs.watch.handler(async function* ({ signal }) {
        yield { jobs: core.jobs };
        yield* core.jobEvents.read(signal);
      }),
      cancel: os.jobs.cancel.handler(() => ({})),
    },
    shell: {
      info: os.shell.info.handler(() => ({
        kind: 'host',
        version: '0.1.0',
        platform: 'linux',
        hasNativeDialogs: false,
        machinesDirectory: '/home/ada/Redoubt',
        hostMemoryMb: 16384,
        backends: [
          {
            name: 'qemu',
            isAvailable: true,
            description: '9.2, TCG',
            network: true,
            scsi: true,
            maximumMemoryMb: 8192,
          },
          {
            name: 'v86',
            isAvailable: true,
            description: '0.5.462',
            network: 'The built-in emulator has no network.',
            scsi: 'The built-in emulator has IDE only.',
            maximumMemoryMb: 1024,
          },
        ],
      })),
      pickFile: os.shell.pickFile.handler(() => ({})),
      pickFolder: os.shell.pickFolder.handler(() => ({})),
    },
  });
}

function makeMachines(os: FakeImplementer['machines'], core: FakeCore) {
  return {
    watch: os.watch.handler(async function* ({ signal }) {
      yield core.snapshot();
      yield* core.machineEvents.read(signal);
    }),
    create: os.create.handler(({ input }) => {
      const id = `m-${input.name}`;
      const path = input.disk.kind === 'existing' ? input.disk.path : `${input.directory}/${input.disk.fileName}`;
      const machine: MachineView = {
        id,
        name: input.name,
        configPath: `${input.directory}/${input.name}.vmx`,
        directory: input.directory,
        guestOs: input.guestOs,
        memoryMb: input.memoryMb,
        network: input.network,
        effectiveBackend: 'qemu',
        power: 'off',
        disks: [
          {
            slot: input.bus === 'ide' ? 'ide0:0' : 'scsi0:0',
            fileName: path,
            path,
            mode: input.mode,
            capacityBytes: input.disk.kind === 'new' ? input.disk.capacityBytes : 4 * 1024 ** 3,
            allocatedBytes: 2 * 1024 ** 2,
            fileCount: 3,
            chain: [{ path, isReadOnly: input.disk.kind === 'existing' }],
            dependentCount: 0,
          },
        ],
        hasWaitingChanges: false,
        isDemo: false,
      };
      core.put(machine);
      return { id };
    }),
    createDemo: os.createDemo.handler(() => {
      const path = '/home/ada/Redoubt/Demo/scratchpad.vmdk';
      core.put({
        id: 'demo',
        name: 'Demo',
        configPath: '/home/ada/Redoubt/Demo/Demo.vmx',
        directory: '/home/ada/Redoubt/Demo',
        guestOs: 'other',
        memoryMb: 16,
        network: 'none',
        effectiveBackend: 'v86',
        power: 'off',
        disks: [
          {
            slot: 'ide0:0',
            fileName: 'scratchpad.vmdk',
            path,
            mode: 'undoable',
            capacityBytes: 8 * 1024 ** 2,
            allocatedBytes: 256 * 1024,
            fileCount: 1,
            chain: [{ path, isReadOnly: false }],
            dependentCount: 0,
          },
        ],
        hasWaitingChanges: false,
        isDemo: true,
      });
      return { id: 'demo' };
    }),
    proposeLocation: os.proposeLocation.handler(({ input }) => {
      const name = input.name === '' ? 'New Machine' : input.name;
      const directory = input.directory ?? `/home/ada/Redoubt/${name}`;
      const isTaken = core.machines.some((machine) => machine.name === name);
      return {
        name,
        directory,
        configPath: `${directory}/${name}.vmx`,
        ...(isTaken ? { problem: { code: 'machine.name-taken' as const, message: 'taken', details: { name } } } : {}),
      };
    }),
    proposeDiskFiles: os.proposeDiskFiles.handler(({ input }) => {
      const count = input.split ? Math.ceil(input.capacityBytes / 2_000_000_000) : 1;
      const stem = input.fileName.replace(/\.vmdk$/, '');
      const more = Array.from(
        { length: count - 1 },
        (_, index) => `${stem}-${String(index + 2).padStart(2, '0')}.vmdk`,
      );
      return { files: [`${stem}.vmdk`, ...more], freeBytes: 41 * 1024 ** 3 };
    }),
    checkRedoDirectory: os.checkRedoDirectory.handler(({ input }) =>
      input.redoLogDir === '/nowhere'
        ? {
            problem: {
              code: 'disk.redo-directory' as const,
              message: 'missing',
              details: { directory: '/nowhere', reason: 'missing' },
            },
          }
        : {},
    ),
    createFolder: os.createFolder.handler(() => ({})),
    open: os.open.handler(({ input }) => {
      throw new RedoubtError('machine.bad-config', 'not a configuration', {
        file: input.path,
        reason: 'it has no keys',
      });
    }),
    remove: os.remove.handler(({ input }) => {
      core.drop(input.id);
      return {};
    }),
    deletionPlan: os.deletionPlan.handler(({ input }) => {
      const machine = core.machine(input.id);
      const redo = machine.disks.flatMap((disk) => (disk.redo === undefined ? [] : [disk.redo]));
      return {
        deletes: [
          { path: machine.configPath, sizeBytes: 2048 },
          ...redo.map((log) => ({ path: log.path, sizeBytes: log.allocatedBytes })),
        ],
        stays: machine.disks.map((disk) => ({
          path: disk.chain?.at(-1)?.path ?? disk.path,
          sizeBytes: disk.allocatedBytes ?? 0,
          ...(core.outOfReach.length > 0
            ? { reason: 'may-be-used' as const, usedBy: [] }
            : { reason: 'base-disk' as const, usedBy: ['qa-sp4'] }),
          mayUse: core.outOfReach,
        })),
      };
    }),
    delete: os.delete.handler(({ input }) => {
      core.drop(input.id);
      return {};
    }),
    settings: os.settings.handler(({ input }) => core.settings(input.id)),
    saveSettings: os.saveSettings.handler(({ input }) => {
      core.saveSettings(input.id, input.settings);
      return {};
    }),
    powerOn: os.powerOn.handler(async ({ input }) => {
      await core.powerOn(input.id, input.waiting);
      return {};
    }),
    shutDown: os.shutDown.handler(async ({ input }) => {
      await core.powerOff(input.id);
      return {};
    }),
    powerOff: os.powerOff.handler(async ({ input }) => {
      await core.powerOff(input.id);
      return {};
    }),
    reset: os.reset.handler(() => ({})),
    pause: os.pause.handler(({ input }) => {
      core.patch(input.id, { power: 'paused', paused: { reason: 'asked' } });
      return {};
    }),
    resume: os.resume.handler(({ input }) => {
      core.patch(input.id, { power: 'running' }, ['paused']);
      return {};
    }),
    decide: os.decide.handler(async ({ input }) => {
      await core.decide(input.id, input.answers[0]?.answer ?? 'keep');
      return {};
    }),
    decideWaiting: os.decideWaiting.handler(async ({ input }) => {
      if (input.answer === 'discard') core.dropRedo(input.id);
      else await core.commit(input.id);
      return {};
    }),
    resumeCommit: os.resumeCommit.handler(async ({ input }) => {
      await core.commit(input.id);
      return {};
    }),
    screenshot: os.screenshot.handler(async ({ input }) => {
      const { name, power } = core.machine(input.id);
      if (power === 'off') throw refuse('disk.not-found', { file: `/vms/${name}.screen.png` });
      return { png: await drawScreenPng(name) };
    }),
  };
}

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { createDemo } from '../machines/demo-machine.ts';
import { createMachine } from '../machines/create-machine.ts';
import { deleteMachineFiles, planDeletion } from '../machines/deletion-plan.ts';
import { settingsOf } from '../machines/machine-settings.ts';
import { openMachine } from '../machines/open-machine.ts';
import { lastPictureFile, readLastPicture } from '../runner/last-picture.ts';
import { os } from './implementer.ts';
import type { MachineOperations } from './machine-operations.ts';
import { checkRedoDirectory, proposeDiskFiles, proposeLocation } from './proposals.ts';
import type { RouterServices } from './router-services.ts';

/** Handlers of `machines.*`: checks and wiring; the acts are in MachineOperations and core/machines. */
export function machinesRouter(services: RouterServices, operations: MachineOperations) {
  const { home, library, live, backends, fleet } = services;
  const { machines } = os;
  let demo: Promise<string> | undefined;
  const makeDemo = async (): Promise<string> => {
    const rows = await backends.views();
    const backend = (['v86', 'qemu', 'fake'] as const).find((name) =>
      rows.some((row) => row.name === name && row.isAvailable),
    );
    const id = await createDemo(home, library, backend);
    await live.refresh();
    return id;
  };
  return {
    watch: machines.watch.handler(({ signal }) => live.watch(signal)),
    create: machines.create.handler(async ({ input }) => {
      const id = await createMachine(home, library, input);
      await live.refresh();
      return { id };
    }),
    createDemo: machines.createDemo.handler(async () => {
      // Whoever asks twice at the same time gets the same machine.
      demo ??= makeDemo().finally(() => (demo = undefined));
      return { id: await demo };
    }),
    proposeLocation: machines.proposeLocation.handler(({ input }) => proposeLocation(services, input)),
    proposeDiskFiles: machines.proposeDiskFiles.handler(({ input }) => proposeDiskFiles(input)),
    checkRedoDirectory: machines.checkRedoDirectory.handler(({ input }) => checkRedoDirectory(services, input)),
    createFolder: machines.createFolder.handler(({ input }) => {
      try {
        mkdirSync(resolve(home.machinesDirectory, input.path), { recursive: true });
      } catch (error) {
        throw asFileError(error, input.path, 'make');
      }
      return {};
    }),
    open: machines.open.handler(async ({ input }) => {
      const id = await openMachine(library, input.path);
      await live.refresh();
      return { id };
    }),
    remove: machines.remove.handler(async ({ input }) => {
      await operations.remove(input.id);
      return {};
    }),
    deletionPlan: machines.deletionPlan.handler(({ input }) => planDeletion(library, home, input.id)),
    delete: machines.delete.handler(async ({ input }) => {
      const view = live.view(input.id);
      if (view.power !== 'off' && view.power !== 'failed') {
        const details = { machine: view.name, state: view.power, wanted: 'be deleted' };
        throw new RedoubtError('machine.wrong-power-state', `"${view.name}" is ${view.power}.`, details);
      }
      await deleteMachineFiles(library, home, input.id, input.files);
      await operations.remove(input.id);
      await live.refresh();
      return {};
    }),
    settings: machines.settings.handler(({ input }) => settingsOf(operations.configuration(input.id))),
    saveSettings: machines.saveSettings.handler(async ({ input }) => {
      await operations.saveSettings(input.id, input.settings);
      return {};
    }),
    powerOn: machines.powerOn.handler(async ({ input }) => {
      await operations.powerOn(input.id, { ...input, alwaysContinue: input.alwaysContinue === true });
      return {};
    }),
    shutDown: machines.shutDown.handler(async ({ input }) => {
      await operations.shutDown(input.id);
      return {};
    }),
    powerOff: machines.powerOff.handler(async ({ input }) => {
      await operations.powerOff(input.id, input.keep === true);
      return {};
    }),
    reset: machines.reset.handler(async ({ input }) => {
      await operations.reset(input.id);
      return {};
    }),
    pause: machines.pause.handler(async ({ input }) => {
      await operations.pause(input.id);
      return {};
    }),
    resume: machines.resume.handler(async ({ input }) => {
      await operations.resume(input.id);
      return {};
    }),
    decide: machines.decide.handler(async ({ input }) => {
      await operations.decide(input.id, input.answers, input.always === true);
      return {};
    }),
    decideWaiting: machines.decideWaiting.handler(async ({ input }) => {
      const { id, slot, answer, dependents, copyTo } = input;
      await operations.decideWaiting(id, { slot, answer, dependents, copyTo });
      return {};
    }),
    resumeCommit: machines.resumeCommit.handler(async ({ input }) => {
      await operations.resumeCommit(input.id, input.slot);
      return {};
    }),
    /** Live while the guest runs; else the last picture that was saved. */
    screenshot: machines.screenshot.handler(async ({ input }) => {
      const runner = fleet.get(input.id);
      if (runner !== undefined && ['running', 'paused'].includes(runner.state.power))
        return await runner.calls.screenshot({});
      const { configPath } = library.entry(input.id);
      const picture = readLastPicture(configPath);
      if (picture !== undefined) return picture;
      const file = lastPictureFile(configPath);
      throw new RedoubtError('disk.not-found', `There is no picture at ${file}.`, { file });
    }),
  };
}

import { rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { WaitingChanges } from '../api/errors.ts';
import type { MachineSettings } from '../api/machines.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { unfinishedCommit } from '../disk/commit/settle.ts';
import {
  carryOutDecisions,
  DecisionPostponed,
  hasOpenDecisions,
  recordTaken,
  takeDecisions,
  type Answer,
} from '../machines/carry-out-decisions.ts';
import { editConfiguration, loadConfiguration } from '../machines/configuration-file.ts';
import { checkMemory } from '../machines/create-machine.ts';
import type { MachineConfiguration } from '../machines/machine-configuration.ts';
import { MachineIndex } from '../machines/machine-index.ts';
import { lockMachine } from '../machines/machine-lock.ts';
import { followOldStates } from '../machines/old-state-disks.ts';
import { nameProblem } from '../machines/machine-names.ts';
import { isLockedChange, saveSettings, settingsOf } from '../machines/machine-settings.ts';
import { machineContext } from '../machines/open-context.ts';
import { isAtRest, requirePowerState } from '../machines/power-state.ts';
import { changesWaiting, findWaitingChanges } from '../machines/waiting-changes.ts';
import type { RunnerHandle } from '../runner/runner-handle.ts';
import { lastPictureFile } from '../runner/last-picture.ts';
import type { RouterServices } from './router-services.ts';

/** Waits this long for somebody else who is about to let go of the machine. */
const lockWaitMs = 5000;

/** An answer to the power-on question. */
interface WaitingAnswer {
  readonly waiting?: 'continue' | 'commit' | 'discard' | undefined;
  /** The changes that were asked about. */
  readonly asked?: readonly WaitingChanges[] | undefined;
  readonly alwaysContinue: boolean;
}

/** What can be done to one machine: the acts behind the calls. */
export class MachineOperations {
  private readonly services: RouterServices;
  private readonly starting = new Set<string>();

  constructor(services: RouterServices) {
    this.services = services;
  }

  configuration(id: string): MachineConfiguration {
    return loadConfiguration(this.services.library.entry(id).configPath);
  }

  /** Throws machine.changes-waiting unless answered, and whatever keeps the machine from starting. */
  async powerOn(id: string, answer: WaitingAnswer): Promise<void> {
    const { live, fleet } = this.services;
    const before = this.configuration(id);
    await fleet.find(id); // somebody else may have started it a moment ago
    requirePowerState(live.view(id).power, ['off', 'failed', 'suspended'], before.name, 'be powered on');
    if (this.starting.has(id))
      throw new RedoubtError('machine.busy', `"${before.name}" is being started.`, {
        machine: before.name,
        doing: 'starting',
      });
    this.starting.add(id);
    try {
      await this.start(id, before, answer);
    } finally {
      this.starting.delete(id);
      live.setStarting(id, false);
      await live.refresh();
    }
  }

  private async start(id: string, before: MachineConfiguration, answer: WaitingAnswer): Promise<void> {
    const { live, fleet } = this.services;
    live.setProblem(id, undefined);
    if (answer.alwaysContinue)
      await editConfiguration(before.configPath, (document) => {
        document.set('redoubt.whenChangesWait', 'continue');
      });
    await this.settleWaiting(id, before, answer);
    live.setStarting(id, true);
    // Whoever has it is named at once, rather than by a runner that waits in vain.
    (await lockMachine(before.configPath, before.name, 'starting', lockWaitMs)).release();
    const handle = await fleet.spawn(id, before.name, before.configPath);
    try {
      await handle.calls.start({ continueWaiting: true });
    } catch (error) {
      await handle.ended; // then everything is put back
      if (!(error instanceof RedoubtError && error.is('machine.changes-waiting'))) live.setProblem(id, toWire(error));
      throw error;
    }
  }

  async shutDown(id: string): Promise<void> {
    await this.runner(id, ['running', 'paused'], 'be shut down').calls.shutDown({});
  }

  /** `keep`: the power-off question is not asked. */
  async powerOff(id: string, keep: boolean): Promise<void> {
    const runner = this.runner(id, ['starting', 'running', 'paused', 'stopping', 'deciding'], 'be powered off');
    if (runner.state.power !== 'deciding') await runner.calls.powerOff({ keep });
  }

  async pause(id: string): Promise<void> {
    await this.runner(id, ['running'], 'be paused').calls.pause({});
  }

  async resume(id: string): Promise<void> {
    await this.runner(id, ['paused'], 'go on').calls.resume({});
  }

  async reset(id: string): Promise<void> {
    await this.runner(id, ['running', 'paused'], 'be reset').calls.reset({});
  }

  /** Answers the open question; commits go on as jobs after the call has returned. */
  async decide(id: string, answers: readonly Answer[], always: boolean): Promise<void> {
    const runner = this.runner(id, ['deciding'], 'be decided about');
    await runner.calls.decide({ answers: [...answers], always });
  }

  /**
   * Decides about the kept changes of a machine that is off; a commit goes on as a job. Throws machine.changes-waiting
   * where a discard was not done, because somebody has written to the log since; of a commit the machine tells it.
   */
  async decideWaiting(id: string, answer: Answer): Promise<void> {
    const configuration = this.atRest(id, 'be decided about');
    this.services.live.setProblem(id, undefined);
    const decisions = takeDecisions(configuration, [answer]);
    const lock = await lockMachine(configuration.configPath, configuration.name, 'deciding about changes', lockWaitMs);
    try {
      recordTaken(configuration, decisions);
    } finally {
      lock.release();
    }
    const done = this.carryOut(id).then(() => this.requireDecided(id, [answer.slot]));
    if (answer.answer === 'discard') await done;
    else done.catch((error: unknown) => this.tellWaiting(id, error)); // the job tells the rest
  }

  /** No job was begun that could tell it. */
  private tellWaiting(id: string, error: unknown): void {
    if (error instanceof RedoubtError && error.is('machine.changes-waiting'))
      this.services.live.setProblem(id, toWire(error));
  }

  /** Goes on with a commit that was interrupted, as a job. */
  async resumeCommit(id: string, slot: string): Promise<void> {
    await this.decideWaiting(id, { slot, answer: 'commit' });
  }

  /**
   * Carries out everything that is written down about a machine's disks. Rejects with the first refusal,
   * when all has been tried. `isAsked` false: a commit that was interrupted waits until somebody asks.
   */
  async carryOut(id: string, isAsked = true): Promise<void> {
    const { live, jobs, library } = this.services;
    const configuration = this.configuration(id);
    if (!hasOpenDecisions(configuration.configPath)) return;
    try {
      const lock = await lockMachine(
        configuration.configPath,
        configuration.name,
        'carrying out what was decided',
        lockWaitMs,
      );
      try {
        const index = MachineIndex.read(library);
        const context = { ...this.context(configuration), searchDirectories: index.searchPaths() };
        await carryOutDecisions(configuration.configPath, context, index, async (row) => {
          const { redo, dependents, copyTo, copyLinkId } = row;
          if (!isAsked && (await isInterrupted(redo, context))) throw new DecisionPostponed();
          await jobs.commit({ machineId: id, redo, context, dependents, copyTo, copyLinkId });
          if (copyTo === undefined) await followOldStates(MachineIndex.read(library), context);
        });
      } finally {
        lock.release();
      }
    } catch (error) {
      // Who cancels knows it; and that the commit is unfinished stands with the disk. Where somebody else has
      // the machine, another window say, it is theirs to carry out.
      const isKnown = error instanceof RedoubtError && (error.is('job.cancelled') || error.is('machine.busy'));
      if (!isKnown) live.setProblem(id, toWire(error));
      throw error;
    } finally {
      await live.refresh();
    }
  }

  async saveSettings(id: string, wanted: MachineSettings): Promise<void> {
    const { live, library } = this.services;
    const configuration = this.configuration(id);
    const before = settingsOf(configuration);
    if (isLockedChange(before, wanted)) this.atRest(id, 'be changed');
    if (wanted.name.trim() !== before.name) {
      const problem = nameProblem(wanted.name, MachineIndex.read(library), id);
      if (problem !== undefined) throw problem;
    }
    if (wanted.memoryMb !== before.memoryMb) checkMemory(wanted.memoryMb);
    // A shell that does not know of it yet may have started the machine, or a commit may be at its disks.
    const { configPath, name } = configuration;
    const lock = isLockedChange(before, wanted)
      ? await lockMachine(configPath, name, 'changing the settings', lockWaitMs)
      : undefined;
    try {
      // Whoever had it until now may have kept changes.
      const now = this.configuration(id);
      await saveSettings(now, wanted, this.context(now));
    } finally {
      lock?.release();
    }
    live.setProblem(id, undefined);
    await live.refresh();
  }

  /** Takes a machine off the list. Its files stay, but for the picture that only we use. */
  async remove(id: string): Promise<void> {
    const { library, live } = this.services;
    const { configPath } = library.entry(id);
    if (!isAtRest(live.view(id).power))
      requirePowerState(live.view(id).power, ['off', 'failed'], live.view(id).name, 'be removed');
    await library.remove(id);
    rmSync(lastPictureFile(configPath), { force: true });
    await live.look();
  }

  /** The runner of a machine in one of the states. Throws machine.wrong-power-state. */
  runner(id: string, allowed: Parameters<typeof requirePowerState>[1], wanted: string): RunnerHandle {
    const view = this.services.live.view(id);
    requirePowerState(view.power, allowed, view.name, wanted);
    const handle = this.services.fleet.get(id);
    if (handle !== undefined) return handle;
    throw new RedoubtError('machine.wrong-power-state', `"${view.name}" is off: it cannot ${wanted}.`, {
      machine: view.name,
      state: 'off',
      wanted,
    });
  }

  private atRest(id: string, wanted: string): MachineConfiguration {
    const view = this.services.live.view(id);
    requirePowerState(view.power, ['off', 'failed'], view.name, wanted);
    return this.configuration(id);
  }

  /** Leftover decisions first; then the power-on question, unless it is answered. */
  private async settleWaiting(
    id: string,
    configuration: MachineConfiguration,
    { waiting: wanted, asked, alwaysContinue }: WaitingAnswer,
  ): Promise<void> {
    const answer = alwaysContinue ? 'continue' : wanted;
    await this.carryOut(id);
    const now = loadConfiguration(configuration.configPath);
    const context = this.context(now);
    const waiting = await findWaitingChanges(now, context);
    if (waiting.length === 0) return;
    if (answer === undefined && now.whenChangesWait === 'ask') throw changesWaiting(now.name, waiting);
    if (answer === undefined || answer === 'continue') return;
    // The question may have stood open while another window ran the machine.
    if (asked !== undefined && !isDeepStrictEqual(asked, waiting)) throw changesWaiting(now.name, waiting);
    this.services.live.setStarting(id, true);
    const decisions = takeDecisions(
      now,
      waiting.map(({ slot }) => ({ slot, answer })),
    );
    const lock = await lockMachine(now.configPath, now.name, 'deciding about changes', lockWaitMs);
    try {
      recordTaken(now, decisions);
    } finally {
      lock.release();
    }
    await this.carryOut(id);
    await this.requireDecided(id, decisions.slots);
  }

  /**
   * A log that somebody has written to since the answer is not the one that was meant, so it is still there. Throws
   * machine.changes-waiting for it: with those changes nobody wants to start, or believe them gone.
   */
  private async requireDecided(id: string, slots: readonly string[]): Promise<void> {
    const now = this.configuration(id);
    const disks = now.disks.filter(({ slot }) => slots.includes(slot));
    const waiting = await findWaitingChanges({ ...now, disks }, this.context(now));
    if (waiting.length > 0) throw changesWaiting(now.name, waiting);
  }

  private context(configuration: MachineConfiguration): ReturnType<typeof machineContext> {
    return machineContext(configuration, this.services.home, 'deciding about changes');
  }
}

async function isInterrupted(redo: string, context: OpenContext): Promise<boolean> {
  const { parent } = await describeRedo(redo, context);
  return unfinishedCommit(parent) !== undefined;
}

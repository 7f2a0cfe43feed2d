import { randomBytes } from 'node:crypto';
import type { Paused, PowerOffQuestion } from '../api/machines.ts';
import type { Logger } from '../base/logger.ts';
import { fromWire, RedoubtError, toWire } from '../base/redoubt-error.ts';
import type { Backend, BackendDisk, GuestEnd, GuestEvent, RunningGuest } from '../backends/backend.ts';
import {
  areOfSameLogs,
  carryOutDecisions,
  recordTaken,
  takeAsked,
  takeDecisions,
  type Answer,
  type Decisions,
} from '../machines/carry-out-decisions.ts';
import { editConfiguration, loadConfiguration } from '../machines/configuration-file.ts';
import { powerOffQuestion } from '../machines/decision-question.ts';
import { Library } from '../machines/library.ts';
import { followOldState } from '../machines/old-state-disks.ts';
import type { MachineConfiguration } from '../machines/machine-configuration.ts';
import { MachineIndex } from '../machines/machine-index.ts';
import { machineContext } from '../machines/open-context.ts';
import { isAtRest, requirePowerState } from '../machines/power-state.ts';
import { changesWaiting, findWaitingChanges } from '../machines/waiting-changes.ts';
import type { BackendChooser } from './backend-chooser.ts';
import { DiskThread } from './disk-thread.ts';
import { whyPaused } from './why-paused.ts';
import { guestConfiguration, nbdSocketPath, requireCapabilities } from './guest-configuration.ts';
import { LastPicture } from './last-picture.ts';
import { removeNonpersistentLogs, renewNonpersistentLogs } from './nonpersistent-logs.ts';
import { prepareDisks, type PreparationSubject, type PreparedDisks } from './prepare-disks.ts';
import type { RunnerArguments } from './runner-handle.ts';
import { RunnerStateBoard } from './runner-state.ts';
import { settleLeftovers } from './settle-leftovers.ts';

const statsEveryMs = 1500;

/**
 * Runs one machine once: start, guest, end, decision.
 *
 * Start: leftover decisions → power-on question → logs made, synced and named → sessions → guest.
 * End: guest gone → sessions closed clean → question (undoable disks) → answer written down and synced →
 * carried out → `leaving`. Whoever kills this process at any point leaves a machine that is off, with its
 * changes waiting.
 */
export class MachineRunner {
  readonly board: RunnerStateBoard;
  /** Resolves when the runner's work is done and its process may end. */
  readonly leaving: Promise<void>;
  private readonly args: RunnerArguments;
  private readonly runtimeDirectory: string;
  private readonly chooser: BackendChooser;
  private readonly log: Logger;
  private readonly picture: LastPicture;
  private leave: () => void = () => undefined;
  private configuration: MachineConfiguration;
  private backend: Backend | undefined;
  private disks: DiskThread | undefined;
  private guest: RunningGuest | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The files that take the writes. */
  private leaves: string[] = [];
  private earlyPause: Paused['reason'] | undefined;
  private isStopWanted = false;
  private isKeepForced = false;
  private isResetting = false;
  private isDeciding = false;
  /** The logs of the question as they were when it was asked. */
  private asked: Decisions = { slots: [], rows: [] };

  constructor(args: RunnerArguments, runtimeDirectory: string, chooser: BackendChooser, log: Logger) {
    this.args = args;
    this.runtimeDirectory = runtimeDirectory;
    this.chooser = chooser;
    this.log = log;
    this.picture = new LastPicture(args.configPath, log);
    this.configuration = loadConfiguration(args.configPath);
    this.board = new RunnerStateBoard(args.machineId);
    this.leaving = new Promise((resolve) => (this.leave = resolve));
  }

  async start({ continueWaiting }: { continueWaiting: boolean }): Promise<void> {
    requirePowerState(this.board.now.power, ['off'], this.configuration.name, 'be powered on');
    this.board.step('start');
    let prepared: PreparedDisks | undefined;
    try {
      this.configuration = await settleLeftovers(this.args, continueWaiting);
      const backend = await this.chooser.choose(this.configuration.backend);
      requireCapabilities(backend, this.configuration);
      this.backend = backend;
      this.configuration = await followOldState(this.configuration, this.context());
      prepared = await prepareDisks(this.subject());
      this.configuration = loadConfiguration(this.args.configPath);
      const backendDisks = await this.openDisks(prepared);
      this.guest = await this.startGuest(backend, backendDisks);
    } catch (error) {
      await this.failStart(error, prepared);
      throw error;
    }
    this.board.step('started', {
      startedAt: Date.now(),
      backend: this.backend.name,
      rfbSocketPath: this.guest.rfbSocketPath,
    });
    this.log.info(`running on ${this.backend.name}`);
    if (this.earlyPause !== undefined) this.board.step('pause', { paused: whyPaused(this.earlyPause, this.leaves) });
    void this.guest.ended
      .then((end) => this.finish(end))
      .catch((error: unknown) => {
        this.leaveAnyhow(error);
      });
    this.timer = setInterval(() => void this.showStats(), statsEveryMs);
    void this.showStats();
    if (this.isStopWanted) await this.powerOff();
  }

  /** Asks the guest; throws backend.unsupported where the backend can't. */
  async shutDown(): Promise<void> {
    const guest = this.requireGuest('be shut down');
    const capability = this.backend?.capabilities.requestShutdown ?? true;
    if (capability !== true) {
      const details = { backend: this.backend?.name ?? '', feature: 'shutdown', reason: capability };
      throw new RedoubtError('backend.unsupported', capability, details);
    }
    await this.picture.take(this.guest);
    await guest.requestShutdown();
  }

  /** Ends the guest; resolves when it is gone. May be called at any time. `keep`: then nobody is asked. */
  async powerOff(keep = false): Promise<void> {
    this.isStopWanted = true;
    this.isKeepForced ||= keep;
    const { power } = this.board.now;
    if (power !== 'running' && power !== 'paused') return;
    await this.picture.take(this.guest);
    // Meanwhile the guest may have gone by itself, or somebody else have asked the same.
    if (['running', 'paused'].includes(this.board.now.power)) this.board.step('stop');
    await this.guest?.powerOff();
  }

  /** The power goes, nobody is asked: a keep. Resolves when the runner may end. */
  async powerOffAndKeep(): Promise<void> {
    this.isKeepForced = true;
    if (this.board.now.power === 'deciding') this.goOff();
    else if (isAtRest(this.board.now.power)) this.goOff();
    else await this.powerOff();
    await this.leaving;
  }

  async pause(): Promise<void> {
    await this.requireGuest('be paused').pause();
  }

  /** Goes on. A guest that was paused for want of space tries its write again, and may be paused again. */
  async resume(): Promise<void> {
    const guest = this.requireGuest('go on');
    await guest.resume();
  }

  /** Nonpersistent disks lose what was written since the last start or reset. */
  async reset(): Promise<void> {
    const guest = this.requireGuest('be reset');
    if (this.isResetting) return;
    this.isResetting = true;
    try {
      await this.renewNonpersistent(guest);
      await guest.reset();
      if (this.board.now.power === 'paused') await guest.resume();
    } finally {
      this.isResetting = false;
    }
  }

  /** Writes the answers down, carries out what is quick, and leaves. A disk without an answer is kept. */
  async decide(answers: readonly Answer[], always: boolean): Promise<void> {
    const { power } = this.board.now;
    const { name } = this.configuration;
    requirePowerState(power, ['deciding'], name, 'be decided about');
    // Of two shells that answer at the same time, the first is heard.
    if (this.isDeciding) {
      const details = { machine: name, doing: 'deciding about changes' };
      throw new RedoubtError('machine.busy', `"${name}" is being decided about.`, details);
    }
    this.isDeciding = true;
    try {
      await this.decideNow(answers, always);
    } finally {
      this.isDeciding = false;
    }
    this.goOff();
  }

  private async decideNow(answers: readonly Answer[], always: boolean): Promise<void> {
    const { question } = this.board.now;
    const wanted = answers.filter(({ slot }) => question?.disks.some((disk) => disk.slot === slot));
    const [first] = wanted;
    const decisions = takeDecisions(this.configuration, wanted);
    if (!areOfSameLogs(decisions, this.asked)) throw await this.askAgain();
    if (always && first !== undefined && wanted.every(({ answer }) => answer === first.answer)) {
      await editConfiguration(this.args.configPath, (document) => {
        document.set('redoubt.whenPoweringOff', first.answer);
      });
    }
    await this.carryOut(decisions);
  }

  /** The question may have stood for days, and others got at the logs. */
  private async askAgain(): Promise<RedoubtError> {
    const question = await this.question();
    if (question !== undefined) this.board.change({ question });
    return changesWaiting(this.configuration.name, await findWaitingChanges(this.configuration, this.context()));
  }

  async screenshot(): Promise<Uint8Array> {
    const picture = await this.requireGuest('show its screen').screenshot();
    this.picture.remember(picture);
    return picture;
  }

  private async openDisks(prepared: PreparedDisks): Promise<BackendDisk[]> {
    const thread = new DiskThread();
    this.disks = thread;
    void thread.died.then((error) => {
      this.giveUp(error);
    });
    this.leaves = prepared.disks.map(({ request }) => request.redo ?? request.file);
    return await thread.openAll(prepared.disks, nbdSocketPath(this.runtimeDirectory, randomBytes(3).toString('hex')));
  }

  private startGuest(backend: Backend, disks: readonly BackendDisk[]): Promise<RunningGuest> {
    const { runtimeDirectory, log, configuration } = this;
    const { machineId } = this.args;
    const told = guestConfiguration({ machineId, configuration, backend, disks, runtimeDirectory, log });
    return backend.start(told, (event) => {
      this.guestEvent(event);
    });
  }

  /** The start has failed: as if it had never been tried. */
  private async failStart(error: unknown, prepared: PreparedDisks | undefined): Promise<void> {
    this.log.error('the start failed', error);
    await this.disks?.close().catch((failure: unknown) => {
      this.log.error('closing disks', failure);
    });
    await prepared?.undo().catch((failure: unknown) => {
      this.log.error('undoing the start', failure);
    });
    const isQuestion = error instanceof RedoubtError && error.is('machine.changes-waiting');
    const problem = isQuestion ? {} : { problem: toWire(error) };
    this.board.step('start-failed', { ...problem, isLeaving: true });
    this.leave();
  }

  private guestEvent(event: GuestEvent): void {
    const { power } = this.board.now;
    this.log.info(`guest: ${event.kind}`);
    // A guest may find no room before we know that it runs.
    if (power === 'starting' && event.kind === 'paused') this.earlyPause = event.reason;
    if (power === 'starting' && event.kind === 'resumed') this.earlyPause = undefined;
    if (event.kind === 'paused' && power === 'running')
      this.board.step('pause', { paused: whyPaused(event.reason, this.leaves) });
    if (event.kind === 'resumed' && power === 'paused') this.board.step('resume');
    // A guest that restarts itself is reset once more, over fresh logs.
    const mustRenew = this.configuration.disks.some((disk) => disk.mode === 'nonpersistent');
    if (event.kind === 'reset' && mustRenew)
      this.reset().catch((error: unknown) => {
        this.log.error('reset', error);
      });
  }

  private async renewNonpersistent(guest: RunningGuest): Promise<void> {
    if (this.configuration.disks.every((disk) => disk.mode !== 'nonpersistent')) return;
    const wasPaused = this.board.now.power === 'paused';
    await guest.pause();
    try {
      await renewNonpersistentLogs(this.subject(), async (slot, redo) => await this.disks?.replaceRedo(slot, redo));
    } finally {
      // Where no fresh log can be made the guest goes on over its old one, and the reset is refused.
      if (!wasPaused) await guest.resume();
    }
  }

  /** The guest is gone, however it went. */
  private async finish(end: GuestEnd): Promise<void> {
    clearInterval(this.timer);
    this.log.info(`the guest ended: ${JSON.stringify(end)}`);
    if (this.board.now.power !== 'stopping') this.board.step('stop');
    this.board.change({ rfbSocketPath: undefined });
    if (end.kind === 'failed') this.board.change({ problem: toWire(this.backendExited(end.reason)) });
    try {
      await this.disks?.close();
    } catch (error) {
      this.log.error('closing disks', error);
      this.board.change({ problem: toWire(error) });
    }
    this.picture.save();
    await removeNonpersistentLogs(this.configuration, this.context()).catch((error: unknown) => {
      this.log.error('removing nonpersistent logs', error); // the next start finds their names, and tries again
    });
    const question = await this.question();
    const policy = this.configuration.whenPoweringOff;
    if (question === undefined || this.isKeepForced) this.goOff();
    else if (policy === 'ask') this.board.step('ended-with-question', { question, disks: [] });
    else await this.decideByPolicy(question, policy);
  }

  private async decideByPolicy(question: PowerOffQuestion, answer: Answer['answer']): Promise<void> {
    try {
      const answers = question.disks.map(({ slot }) => ({ slot, answer }));
      await this.carryOut(takeDecisions(this.configuration, answers));
    } catch (error) {
      this.board.change({ problem: toWire(error) });
    }
    this.goOff();
  }

  /** Written down and synced first. Commits stay on the list for the shell, which has jobs. */
  private async carryOut(decisions: Decisions): Promise<void> {
    recordTaken(this.configuration, decisions);
    await carryOutDecisions(this.args.configPath, this.context(), this.index());
  }

  private async question(): Promise<PowerOffQuestion | undefined> {
    this.configuration = loadConfiguration(this.args.configPath);
    try {
      this.asked = takeAsked(this.configuration);
      return await powerOffQuestion(this.subject());
    } catch (error) {
      // A log that can't be read any more is kept, like every log that nobody decides about.
      this.log.error('the power-off question', error);
      this.board.change({ problem: toWire(error) });
      return undefined;
    }
  }

  private async showStats(): Promise<void> {
    const disks = await this.disks?.stats().catch(() => undefined);
    if (disks === undefined || isAtRest(this.board.now.power) || this.board.now.power === 'deciding') return;
    const problem = disks.find((disk) => disk.problem !== undefined)?.problem;
    if (problem !== undefined && !this.isKeepForced) this.giveUp(fromWire(problem));
    else this.board.change({ disks });
  }

  private goOff(): void {
    const { power } = this.board.now;
    const gone = { question: undefined, disks: [], startedAt: undefined, isLeaving: true };
    if (power === 'deciding') this.board.step('decided', gone);
    else if (power === 'stopping') this.board.step('ended', gone);
    else this.board.change(gone);
    this.leave();
  }

  /** Something that should not happen: the guest goes, and its disks are closed as ever; what was written is kept. */
  private giveUp(error: unknown): void {
    this.log.error('the runner gives up', error);
    this.board.change({ problem: toWire(error) });
    this.isKeepForced = true;
    this.isStopWanted = true; // a guest that is being started goes when it is there
    this.guest?.powerOff().catch((failure: unknown) => {
      this.leaveAnyhow(failure);
    });
  }

  /** The end itself has failed. */
  private leaveAnyhow(error: unknown): void {
    this.log.error('the end failed', error);
    if (this.board.now.isLeaving) return;
    const gone = { paused: undefined, question: undefined, disks: [], isLeaving: true };
    this.board.change({ power: 'off', ...gone, problem: toWire(error) });
    this.leave();
  }

  private requireGuest(wanted: string): RunningGuest {
    requirePowerState(this.board.now.power, ['running', 'paused'], this.configuration.name, wanted);
    if (this.guest === undefined)
      throw new RedoubtError('internal', 'A running machine has no guest.', { detail: 'guest' });
    return this.guest;
  }

  private subject(): PreparationSubject {
    const { machineId } = this.args;
    return { machineId, configuration: this.configuration, index: this.index(), context: this.context() };
  }

  private index(): MachineIndex {
    return MachineIndex.read(new Library(this.args.home.settingsDirectory));
  }

  private context(): ReturnType<typeof machineContext> {
    return machineContext(this.configuration, this.args.home, 'running');
  }

  private backendExited(reason: string): RedoubtError {
    const backend = this.backend?.name ?? '';
    return new RedoubtError('backend.exited', `${backend} ended: ${reason}`, { backend, status: reason, output: '' });
  }
}

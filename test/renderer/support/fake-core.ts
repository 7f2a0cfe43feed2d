import type { ErrorCode, ErrorDetails } from '../../../core/api/errors.ts';
import type { JobView } from '../../../core/api/jobs.ts';
import type { MachineEvent, MachineSettings, MachineView, PowerOffQuestion } from '../../../core/api/machines.ts';
import { RedoubtError } from '../../../renderer/errors/redoubt-error.ts';
import { Broadcast } from './broadcast.ts';

/**
 * A core that lives in the page and has no disks: machines change their power state after short pauses, ask
 * their questions and commit by a timer. It is for looking at the window and for tests of it; what it
 * answers is plausible, not true.
 */
export class FakeCore {
  machines: MachineView[];
  jobs: JobView[] = [];
  readonly machineEvents = new Broadcast<MachineEvent>();
  readonly jobEvents = new Broadcast<{ jobs: JobView[] }>();
  /** Names of calls that shall fail, and with what. */
  readonly failures = new Map<string, RedoubtError>();
  /** Configurations of the list that can't be read. */
  outOfReach: string[] = [];
  /** How long things take; 0 in tests. */
  readonly pauseMs: number;
  private revision = 1;
  private readonly settingsById = new Map<string, Partial<MachineSettings>>();

  constructor(options: { machines?: MachineView[]; pauseMs?: number } = {}) {
    this.machines = options.machines ?? [];
    this.pauseMs = options.pauseMs ?? 350;
  }

  snapshot(): MachineEvent {
    return { kind: 'snapshot', revision: this.revision, machines: this.machines };
  }

  machine(id: string): MachineView {
    const found = this.machines.find((machine) => machine.id === id);
    if (found === undefined) throw refuse('machine.not-found', { id });
    return found;
  }

  /** Adds or replaces, and tells the window. */
  put(machine: MachineView): void {
    const isKnown = this.machines.some((known) => known.id === machine.id);
    this.machines = isKnown
      ? this.machines.map((known) => (known.id === machine.id ? machine : known))
      : [...this.machines, machine];
    this.revision += 1;
    this.machineEvents.send({ kind: 'changed', revision: this.revision, machine });
  }

  patch(id: string, changes: Partial<MachineView>, without: (keyof MachineView)[] = []): void {
    const next = { ...this.machine(id), ...changes };
    for (const key of without) delete next[key];
    this.put(next);
  }

  drop(id: string): void {
    this.machines = this.machines.filter((machine) => machine.id !== id);
    this.revision += 1;
    this.machineEvents.send({ kind: 'removed', revision: this.revision, id });
  }

  settings(id: string): MachineSettings {
    const machine = this.machine(id);
    return {
      name: machine.name,
      guestOs: machine.guestOs,
      memoryMb: machine.memoryMb,
      network: machine.network,
      ...(machine.backend === undefined ? {} : { backend: machine.backend }),
      redoLogDir: machine.disks.some((disk) => (disk.chain?.length ?? 0) > 1) ? '.' : '',
      whenPoweringOff: 'ask',
      whenChangesWait: 'ask',
      disks: machine.disks.map(({ slot, fileName, mode }) => ({ slot, fileName, mode })),
      ...this.settingsById.get(id),
    };
  }

  saveSettings(id: string, settings: MachineSettings): void {
    const machine = this.machine(id);
    this.settingsById.set(id, settings);
    this.put({
      ...machine,
      name: settings.name,
      guestOs: settings.guestOs,
      memoryMb: settings.memoryMb,
      network: settings.network,
      disks: machine.disks.map((disk) => {
        const saved = settings.disks.find((candidate) => candidate.slot === disk.slot);
        if (saved === undefined) return disk;
        const isAdopted = saved.fileName === disk.redo?.path;
        const changed = { ...disk, mode: saved.mode, fileName: saved.fileName };
        if (!isAdopted) return changed;
        const { redo: _adopted, ...rest } = changed;
        return {
          ...rest,
          path: saved.fileName,
          chain: [{ path: saved.fileName, isReadOnly: false }, ...(disk.chain ?? [])],
        };
      }),
      hasWaitingChanges: machine.disks.some(
        (disk) => disk.redo !== undefined && disk.redo.path !== settings.disks[0]?.fileName,
      ),
    });
  }

  async powerOn(id: string, waiting?: 'continue' | 'commit' | 'discard'): Promise<void> {
    const machine = this.machine(id);
    if (machine.power !== 'off' && machine.power !== 'failed') {
      throw refuse('machine.wrong-power-state', { machine: machine.name, state: machine.power, wanted: 'off' });
    }
    if (machine.hasWaitingChanges && waiting === undefined) {
      const disks = machine.disks.flatMap((disk) =>
        disk.redo === undefined
          ? []
          : [{ slot: disk.slot, disk: disk.path, redo: disk.redo.path, ...facts(disk.redo) }],
      );
      throw refuse('machine.changes-waiting', { machine: machine.name, disks });
    }
    if (waiting === 'commit') await this.commit(id);
    if (waiting === 'discard') this.dropRedo(id);
    this.patch(id, { power: 'starting', hasWaitingChanges: false }, ['problem']);
    await this.pause(2);
    const disks = this.machine(id).disks.map((disk) =>
      disk.mode === 'persistent' || disk.redo !== undefined ? disk : { ...disk, redo: newRedo(disk.path) },
    );
    this.patch(id, { power: 'running', startedAt: Date.now(), disks });
  }

  async powerOff(id: string): Promise<void> {
    this.patch(id, { power: 'stopping' });
    await this.pause(1);
    const machine = this.machine(id);
    if (machine.disks.some((disk) => disk.mode === 'undoable')) {
      this.patch(id, { power: 'deciding', question: question(machine) });
      return;
    }
    this.dropRedo(id);
    this.patch(id, { power: 'off' }, ['startedAt']);
  }

  async decide(id: string, answer: 'keep' | 'commit' | 'discard'): Promise<void> {
    this.patch(id, { power: 'off', hasWaitingChanges: answer === 'keep' }, ['question', 'startedAt']);
    if (answer === 'discard') this.dropRedo(id);
    if (answer === 'commit') await this.commit(id);
  }

  dropRedo(id: string): void {
    const machine = this.machine(id);
    this.patch(id, {
      hasWaitingChanges: false,
      disks: machine.disks.map((disk) => {
        const { redo: _redo, ...rest } = disk;
        return rest;
      }),
    });
  }

  /** A commit as a job of some steps. */
  async commit(id: string): Promise<void> {
    const machine = this.machine(id);
    const total = machine.disks.reduce((sum, disk) => sum + (disk.redo?.allocatedBytes ?? 0), 0);
    const job: JobView = {
      id: `job-${id}`,
      kind: 'commit',
      machineId: id,
      subject: machine.disks[0]?.path ?? '',
      phase: 'preparing',
      doneBytes: 0,
      totalBytes: total,
      state: 'running',
      startedAt: Date.now(),
    };
    this.patch(id, { jobId: job.id });
    for (let step = 0; step <= 10; step += 1) {
      this.putJob({ ...job, phase: step === 0 ? 'preparing' : 'copying', doneBytes: Math.round((total * step) / 10) });
      await this.pause(1);
    }
    this.putJob({ ...job, phase: 'done', state: 'done', doneBytes: total });
    this.dropRedo(id);
    this.patch(id, {}, ['jobId']);
  }

  putJob(job: JobView): void {
    this.jobs = [...this.jobs.filter((known) => known.id !== job.id), job];
    this.jobEvents.send({ jobs: this.jobs });
  }

  pause(times: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.pauseMs * times));
  }

  /** Throws what a test asked this call to throw. */
  failIfAsked(call: string): void {
    const failure = this.failures.get(call);
    if (failure !== undefined) throw failure;
  }
}

/** A refusal, with its code for a message. */
export function refuse<C extends ErrorCode>(code: C, details: ErrorDetails<C>): RedoubtError<C> {
  return new RedoubtError(code, `refused with ${code}`, details);
}

function facts(redo: { allocatedBytes: number; changedAt: number; isUnclean: boolean }) {
  return { allocatedBytes: redo.allocatedBytes, changedAt: redo.changedAt, isUnclean: redo.isUnclean };
}

function newRedo(disk: string) {
  return { path: `${disk}.REDO_a01168`, allocatedBytes: 2 * 1024 * 1024, changedAt: Date.now(), isUnclean: false };
}

function question(machine: MachineView): PowerOffQuestion {
  return {
    machineId: machine.id,
    machineName: machine.name,
    disks: machine.disks.map((disk) => ({
      slot: disk.slot,
      disk: disk.path,
      redo: disk.redo?.path ?? `${disk.path}.REDO`,
      parent: disk.path,
      changedBytes: disk.redo?.allocatedBytes ?? 0,
      isEmpty: (disk.redo?.allocatedBytes ?? 0) === 0,
      since: Date.now() - 26 * 60 * 1000,
      sessions: 2,
      dependents: [],
      needBytes: 12 * 1024 * 1024,
      freeBytes: 41 * 1024 ** 3,
    })),
  };
}

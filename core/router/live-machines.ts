import type { MachineEvent, MachineView } from '../api/machines.ts';
import { Broadcast } from '../base/broadcast.ts';
import { statusOf } from '../base/file-status.ts';
import type { Home } from '../base/home.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { Library, LibraryEntry } from '../machines/library.ts';
import { MachineIndex } from '../machines/machine-index.ts';
import type { RunnerState } from '../runner/runner-contract.ts';
import { liveView, restingView, type LiveFacts } from './machine-view.ts';
import type { BackendChoices } from './router-services.ts';

const pollMs = 2000;
/** A runner that does not answer must not keep the window from opening. */
const attachPatienceMs = 3000;

interface Known {
  readonly entry: LibraryEntry;
  /** Stamp of the configuration file when `resting` was read. */
  stamp: string;
  resting: MachineView;
  shown: string;
}

/**
 * The machines as everybody sees them: read from their files, merged with what their runners say, sent out
 * as changes with rising revisions. Nothing here is the truth; all of it can be read again.
 */
export class LiveMachines {
  private readonly home: Home;
  private readonly library: Library;
  private readonly backends: BackendChoices;
  private readonly known = new Map<string, Known>();
  private readonly facts = new Map<string, LiveFacts>();
  private readonly events = new Broadcast<MachineEvent>();
  private revision = 0;
  private libraryStamp: string | undefined;
  private work: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  /** Asked at every look around: a runner that another shell started is found this way. */
  private readonly findRunner: (machineId: string) => Promise<unknown>;

  constructor(
    home: Home,
    library: Library,
    backends: BackendChoices,
    findRunner: (machineId: string) => Promise<unknown>,
  ) {
    this.home = home;
    this.library = library;
    this.backends = backends;
    this.findRunner = findRunner;
  }

  /** Reads everything once, and looks around every two seconds from then on. */
  async open(): Promise<void> {
    await this.look();
    const patience = new Promise((resolve) => setTimeout(resolve, attachPatienceMs).unref());
    await Promise.race([Promise.all(this.library.list().map(({ id }) => this.findRunner(id))), patience]);
    this.timer = setInterval(() => void this.look().catch(() => undefined), pollMs);
    this.timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.events.close();
    await this.work.catch(() => undefined);
  }

  /** A snapshot, then changes. */
  watch(signal?: AbortSignal): AsyncGenerator<MachineEvent, void, undefined> {
    return this.events.subscribe(signal, [{ kind: 'snapshot', revision: this.revision, machines: this.views() }]);
  }

  views(): MachineView[] {
    return [...this.known.values()].map((known) => this.merged(known));
  }

  /** As it is known now. Throws machine.not-found. */
  view(id: string): MachineView {
    const known = this.known.get(id);
    if (known === undefined) throw new RedoubtError('machine.not-found', `No machine has the id ${id}.`, { id });
    return this.merged(known);
  }

  runnerState(id: string): RunnerState | undefined {
    return this.facts.get(id)?.runner;
  }

  /** Reads a machine's files again, or all machines'. Resolves when everybody has been told. */
  refresh(id?: string): Promise<void> {
    return this.queue(() => this.read((known) => id === undefined || known === id));
  }

  /** The library or a configuration file has changed: read what is new. */
  look(): Promise<void> {
    return this.queue(() => this.lookAround());
  }

  setRunner(id: string, runner: RunnerState | undefined): void {
    const before = this.facts.get(id)?.runner;
    // A runner that was given up and is heard again has not died.
    const isBack = before === undefined && runner !== undefined;
    const hasDied = this.facts.get(id)?.problem?.code === 'machine.runner-failed';
    this.setFacts(id, isBack && hasDied ? { runner, problem: undefined } : { runner });
    // The files tell something else once the guest runs or has ended.
    if (before?.power !== runner?.power) void this.refresh(id).catch(() => undefined);
  }

  setProblem(id: string, problem: MachineView['problem']): void {
    this.setFacts(id, { problem });
  }

  /** Between the wish and the first word of the runner. */
  setStarting(id: string, isStarting: boolean): void {
    this.setFacts(id, { isStarting });
  }

  setJob(id: string, jobId: string | undefined): void {
    this.setFacts(id, { jobId });
  }

  private setFacts(id: string, change: LiveFacts): void {
    this.facts.set(id, { ...this.facts.get(id), ...change });
    const known = this.known.get(id);
    if (known !== undefined) this.tell(known);
  }

  private async lookAround(): Promise<void> {
    const stamp = this.library.stamp();
    const entries = this.library.list();
    if (stamp !== this.libraryStamp) {
      this.libraryStamp = stamp;
      this.forgetAllBut(entries);
    }
    await this.read((id, configPath) => this.known.get(id)?.stamp !== stampOf(configPath));
    for (const { id } of entries) void this.findRunner(id).catch(() => undefined);
  }

  private forgetAllBut(entries: readonly LibraryEntry[]): void {
    for (const id of [...this.known.keys()]) {
      if (entries.some((entry) => entry.id === id)) continue;
      this.known.delete(id);
      this.facts.delete(id);
      this.events.publish({ kind: 'removed', revision: ++this.revision, id });
    }
  }

  private async read(isWanted: (id: string, configPath: string) => boolean): Promise<void> {
    const entries = this.library.list();
    const wanted = entries.filter(({ id, configPath }) => isWanted(id, configPath));
    if (wanted.length === 0) return;
    const index = MachineIndex.read(this.library);
    for (const entry of wanted) {
      const stamp = stampOf(entry.configPath);
      const resting = await restingView(entry, index, this.backends, this.home);
      const present = this.known.get(entry.id);
      const known: Known = { entry, stamp, resting, shown: present?.shown ?? '' };
      this.known.set(entry.id, known);
      this.tell(known);
    }
  }

  private tell(known: Known): void {
    const machine = this.merged(known);
    const shown = JSON.stringify(machine);
    if (shown === known.shown) return;
    known.shown = shown;
    this.events.publish({ kind: 'changed', revision: ++this.revision, machine });
  }

  private merged(known: Known): MachineView {
    return liveView(known.resting, this.facts.get(known.entry.id) ?? {});
  }

  /** One look at a time, in the order of asking. */
  private queue(look: () => Promise<void>): Promise<void> {
    const next = this.work.catch(() => undefined).then(look);
    this.work = next;
    return next;
  }
}

function stampOf(path: string): string {
  const status = statusOf(path);
  return status === undefined ? 'none' : `${String(status.ino)}:${String(status.mtimeMs)}:${String(status.size)}`;
}

import { MemoryHost } from '../../support/memory-host/memory-host.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import type { StoredDisk } from '../../support/memory-host/stored-disk.ts';
import type { HostCall } from '../../support/memory-host/host-faults.ts';
import { copyFamily, openAll, type Family } from './family.ts';
import type { FaultKind } from './fault-kinds.ts';

/** Work on a family of disks that is to survive every fault. */
export interface Scenario {
  readonly name: string;
  /** Makes the family; everything is on the device afterwards. */
  prepare(): Promise<Family>;
  /** The work, with what it may find in the histories of the family. What it leaves open dies with its process. */
  act(family: Family): Promise<void>;
  /** In a new process, after the trouble: opens every member, goes on. Returns what is wrong, or `undefined`. */
  judge(family: Family): Promise<string | undefined>;
}

export interface FaultCase {
  readonly kind: FaultKind;
  readonly nth: number;
  readonly seed: number;
}

export interface FaultFailure {
  readonly scenario: string;
  readonly fault: string;
  readonly nth: number;
  readonly seed: number;
  readonly reason: string;
  /** The chain did not open by itself; else it opened and read wrong. */
  readonly needsRepair: boolean;
  readonly stack: string | undefined;
}

const prepareSeed = 77_777_777;

/** A scenario that is prepared once and carried out as often as there are faults. */
export class FaultRun {
  readonly scenario: Scenario;
  private readonly disk: StoredDisk;
  private readonly family: Family;
  /** What the work asks of the host if nothing goes wrong. */
  readonly calls: readonly HostCall[];

  private constructor(scenario: Scenario, disk: StoredDisk, family: Family, calls: readonly HostCall[]) {
    this.scenario = scenario;
    this.disk = disk;
    this.family = family;
    this.calls = calls;
  }

  static async prepare(scenario: Scenario): Promise<FaultRun> {
    const host = new MemoryHost(prepareSeed);
    const family = await host.run(() => scenario.prepare());
    if (family === undefined) throw new Error(`${scenario.name} could not be prepared`);
    host.disk.syncAll();
    const run = new FaultRun(scenario, host.disk, family, []);
    const calls = await run.rehearse();
    return new FaultRun(scenario, host.disk, family, calls);
  }

  /** How many places a kind of fault has in this work. */
  placesFor(kind: FaultKind): number {
    return this.calls.filter((call) => kind.counts(call)).length;
  }

  /** Carries the work out with one fault. Returns what is wrong afterwards. */
  async meet({ kind, nth, seed }: FaultCase): Promise<FaultFailure | undefined> {
    const host = this.freshHost(seed);
    const family = copyFamily(this.family);
    const fail = (reason: string, needsRepair: boolean, stack?: string): FaultFailure => ({
      scenario: this.scenario.name,
      fault: kind.name,
      nth,
      seed,
      reason,
      needsRepair,
      stack,
    });
    try {
      await host.run(() => this.scenario.act(family), kind.plan(nth));
    } catch (error) {
      return fail(`the work broke: ${String(error)}`, false, (error as Error).stack);
    }
    try {
      if (kind.ends === 'killed, opened, power lost') await host.run(() => openAll(family));
      if (kind.ends !== 'killed') host.losePower(new SeededRandom(seed));
      const wrong = await host.run(() => this.scenario.judge(family));
      return wrong === undefined ? undefined : fail(wrong, false);
    } catch (error) {
      return fail(String(error), true, (error as Error).stack);
    }
  }

  /** The work without faults must be judged right, else a fault proves nothing. */
  private async rehearse(): Promise<HostCall[]> {
    const host = this.freshHost(1);
    const family = copyFamily(this.family);
    host.trace = [];
    await host.run(() => this.scenario.act(family));
    const calls = host.trace;
    host.trace = undefined;
    const wrong = await host.run(() => this.scenario.judge(family));
    if (wrong !== undefined) throw new Error(`${this.scenario.name} is wrong without a fault: ${wrong}`);
    return calls;
  }

  private freshHost(seed: number): MemoryHost {
    const host = new MemoryHost(seed);
    host.disk = this.disk.copy();
    host.time.advance(3_600_000);
    return host;
  }
}

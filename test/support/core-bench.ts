import { createRouterClient, type RouterClient } from '@orpc/server';
import type { MachineView } from '../../core/api/machines.ts';
import { homeBelow, type Home } from '../../core/base/home.ts';
import { currentProcess, isProvedGone } from '../../core/base/process-identity.ts';
import { createCore, type Core } from '../../core/create-core.ts';
import { makeTempFolder } from './temp-folder.ts';
import type { CoreRouter } from '../../core/router/router.ts';
import { RunnerHandle } from '../../core/runner/runner-handle.ts';

/** A core over a home of its own, with real runners and the fake backend unless a machine says otherwise. */
export class CoreBench {
  readonly home: Home;
  core!: Core;
  client!: RouterClient<CoreRouter>;
  private readonly folder = makeTempFolder();
  private readonly pids = new Set<number>();

  private constructor() {
    this.home = homeBelow(this.folder.path);
  }

  static async open(): Promise<CoreBench> {
    process.env['REDOUBT_FAKE_BACKEND'] = '1';
    const bench = new CoreBench();
    await bench.openShell();
    return bench;
  }

  /** A shell; call it again after `closeShell` to see what the next one finds. */
  async openShell(): Promise<void> {
    this.core = await createCore({ home: this.home, shell: { kind: 'host' }, appVersion: 'test' });
    this.client = createRouterClient(this.core.router);
  }

  async closeShell(): Promise<void> {
    await this.core.dispose();
  }

  async views(): Promise<MachineView[]> {
    const events = await this.client.machines.watch({});
    const first = await events.next();
    await events.return(undefined);
    if (first.done === true || first.value.kind !== 'snapshot') throw new Error('no snapshot');
    return first.value.machines;
  }

  async view(id: string): Promise<MachineView> {
    const view = (await this.views()).find((one) => one.id === id);
    if (view === undefined) throw new Error(`no machine ${id}`);
    return view;
  }

  async waitFor(id: string, isReached: (view: MachineView) => boolean, what: string): Promise<MachineView> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
      const view = await this.view(id);
      if (isReached(view)) return view;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    throw new Error(`never ${what}: ${JSON.stringify(await this.view(id))}`);
  }

  /** The process that runs a machine; it is looked for again at the end. */
  async runnerPid(id: string): Promise<number> {
    const handle = await RunnerHandle.attach(this.home, id, () => undefined);
    if (handle === undefined) throw new Error(`nobody runs ${id}`);
    const { pid } = handle.state;
    handle.detach();
    await handle.ended;
    this.pids.add(pid);
    return pid;
  }

  /** Powers everything off, keeps, and proves that no runner is left. `beforeRemoval`: what else must go before the folder does. */
  async close(beforeRemoval: () => void = () => undefined): Promise<void> {
    for (const { id } of await this.views()) {
      const handle = await RunnerHandle.attach(this.home, id, () => undefined);
      if (handle === undefined) continue;
      this.pids.add(handle.state.pid);
      process.kill(handle.state.pid, 'SIGTERM');
      await handle.ended;
    }
    await this.core.dispose();
    for (const pid of this.pids) await this.waitUntilGone(pid);
    beforeRemoval();
    this.folder.remove();
  }

  async waitUntilGone(pid: number): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
      if (isProvedGone({ ...currentProcess(), pid, startTime: '' }, true)) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`runner ${String(pid)} is still there`);
  }
}

/** The code of a refusal as it crosses the wire. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: string; details: Record<string, unknown> }> {
  try {
    await call;
  } catch (error) {
    return (error as { data: { code: string; details: Record<string, unknown> } }).data;
  }
  throw new Error('it was not refused');
}

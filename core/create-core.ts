import { connect, type Socket } from 'node:net';
import { Disposables } from './base/disposables.ts';
import { prepareHome, resolveHome, type Home } from './base/home.ts';
import { RedoubtError, toWire } from './base/redoubt-error.ts';
import { Library } from './machines/library.ts';
import { LiveMachines } from './router/live-machines.ts';
import { MachineJobs } from './router/machine-jobs.ts';
import { MachineOperations } from './router/machine-operations.ts';
import { createRouter, type CoreRouter } from './router/router.ts';
import type { RouterServices } from './router/router-services.ts';
import type { ShellServices } from './router/shell-services.ts';
import { BackendChooser } from './runner/backend-chooser.ts';
import { createBackends } from './runner/backend-list.ts';
import { RunnerFleet } from './runner/runner-fleet.ts';

export type { ShellServices } from './router/shell-services.ts';

export interface CoreOptions {
  /** Where the data is; absent: `resolveHome()`. */
  readonly home?: Home;
  readonly shell: ShellServices;
  readonly appVersion: string;
}

/** The product without a window. */
export interface Core {
  /** Implements the contract; serve it with the contract library's RPCHandler. */
  readonly router: CoreRouter;
  readonly home: Home;
  /** A connection to the screen of a running machine (RFB 3.8). Throws machine.not-found, machine.wrong-power-state. */
  connectRfb(machineId: string): Promise<Socket>;
  /** Lets go of everything; running machines go on. Idempotent. */
  dispose(): Promise<void>;
}

/** Wires it all. Attaches to machines that run already, and goes on with what was decided and not carried out. */
export async function createCore({ home = resolveHome(), shell, appVersion }: CoreOptions): Promise<Core> {
  prepareHome(home);
  const closing = new Disposables();
  const library = new Library(home.settingsDirectory);
  const backends = new BackendChooser(createBackends(home));
  const jobs = new MachineJobs((machineId, jobId) => {
    live.setJob(machineId, jobId);
  });
  closing.add(() => jobs.close());

  const fleet: RunnerFleet = new RunnerFleet(home, {
    onState: (id, state) => {
      live.setRunner(id, state);
      // What it leaves with is the last that will be heard of it.
      if (state.isLeaving && state.problem !== undefined) live.setProblem(id, state.problem);
    },
    onEnded: (id, isOrderly) => {
      runnerEnded(id, isOrderly);
    },
  });
  const live = new LiveMachines(home, library, backends, (id) => fleet.find(id));
  const services: RouterServices = { home, appVersion, shell, library, backends, fleet, live, jobs };
  const operations = new MachineOperations(services);

  const runnerEnded = (id: string, isOrderly: boolean): void => {
    live.setRunner(id, undefined);
    if (!isOrderly) live.setProblem(id, runnerDied(id));
    // The runner has written down what was decided; what it left to us (commits) begins now.
    operations.carryOut(id).catch(() => undefined); // the view and the job tell
  };
  const runnerDied = (id: string): ReturnType<typeof toWire> => {
    const machine = live.views().find((view) => view.id === id)?.name ?? id;
    const reason = 'it ended without a word';
    return toWire(
      new RedoubtError('machine.runner-failed', `The process that ran "${machine}" ended without a word.`, {
        machine,
        reason,
      }),
    );
  };

  await live.open();
  closing.add(() => live.close());
  closing.add(() => fleet.detach());
  for (const { id, power } of live.views()) {
    if (power === 'off') operations.carryOut(id, false).catch(() => undefined);
  }

  return {
    router: createRouter(services, operations),
    home,
    connectRfb: (machineId) => connectScreen(live, machineId),
    dispose: () => closing.close(),
  };
}

async function connectScreen(live: LiveMachines, machineId: string): Promise<Socket> {
  const { name, power } = live.view(machineId);
  const path = live.runnerState(machineId)?.rfbSocketPath;
  const refusal = (): RedoubtError => {
    const details = { machine: name, state: power, wanted: 'show its screen' };
    return new RedoubtError('machine.wrong-power-state', `"${name}" is ${power}: it has no screen.`, details);
  };
  if (path === undefined) throw refusal();
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', () => {
      reject(refusal());
    });
  });
  socket.removeAllListeners('error');
  return socket;
}

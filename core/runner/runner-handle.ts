import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from '../base/home.ts';
import { entryPoint } from '../base/entry-points.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { threadPoolEnvironment } from '../base/thread-pool.ts';
import { connectControl, type ControlConnection } from './control-client.ts';
import type { RunnerClient, RunnerState } from './runner-contract.ts';
import { isOwnRuntimeDirectory, runtimePaths } from './runtime-paths.ts';

/** What a runner process is told: one JSON document as its only argument. */
export interface RunnerArguments {
  readonly machineId: string;
  readonly configPath: string;
  readonly home: Home;
}

const startLimitMs = 30_000;
const pollMs = 30;
/** How long a runner may take to say its state. */
const firstWordMs = 10_000;

/**
 * A shell's hold on the runner of one machine: its state as it changes, and its calls. Letting go of it
 * (`detach`) leaves the machine running.
 */
export class RunnerHandle {
  readonly machineId: string;
  /** Resolves when the connection is gone: `isOrderly` if the runner had said that it leaves. */
  readonly ended: Promise<{ isOrderly: boolean }>;
  private readonly connection: ControlConnection;
  private latest: RunnerState;
  private isDetached = false;

  private constructor(
    connection: ControlConnection,
    first: RunnerState,
    states: AsyncIterable<RunnerState>,
    onState: (state: RunnerState) => void,
  ) {
    this.machineId = first.machineId;
    this.connection = connection;
    this.latest = first;
    this.ended = this.follow(states, onState);
  }

  get state(): RunnerState {
    return this.latest;
  }

  get calls(): RunnerClient {
    return this.connection.client;
  }

  /** Attaches to the runner that a machine has, if it has one. `pid`: only to that process. */
  static async attach(
    home: Home,
    machineId: string,
    onState: (state: RunnerState) => void,
    pid?: number,
  ): Promise<RunnerHandle | undefined> {
    const paths = runtimePaths(home, machineId);
    if (!existsSync(paths.controlSocket) || !isOwnRuntimeDirectory(paths)) return undefined;
    const connection = await connectControl(paths.controlSocket);
    if (connection === undefined) return undefined;
    // A runner that stands still must not keep its shell waiting.
    const impatience = setTimeout(() => {
      connection.close();
    }, firstWordMs);
    try {
      const states = await connection.client.watch({});
      const first = await states.next();
      clearTimeout(impatience);
      if (first.done !== true && (pid === undefined || first.value.pid === pid) && !first.value.isLeaving) {
        return new RunnerHandle(connection, first.value, states, onState);
      }
    } catch {
      // It ended while we asked.
    }
    clearTimeout(impatience);
    connection.close();
    return undefined;
  }

  /** Starts a runner process, detached, and attaches to it. Throws machine.runner-failed. */
  static async spawn(
    options: RunnerArguments & { machineName: string; onState: (state: RunnerState) => void },
  ): Promise<RunnerHandle> {
    const { machineId, configPath, home, machineName, onState } = options;
    mkdirSync(home.logsDirectory, { recursive: true, mode: 0o700 });
    const logFile = runnerLogFile(home, machineId);
    const child = spawnRunner({ machineId, configPath, home }, logFile);
    const exit = new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(signal ?? `exit status ${String(code)}`);
      });
    });
    let exited: string | undefined;
    void exit.then((how) => (exited = how));
    for (const deadline = Date.now() + startLimitMs; Date.now() < deadline && exited === undefined;) {
      const handle = await RunnerHandle.attach(home, machineId, onState, child.pid);
      if (handle !== undefined) return handle;
      await Promise.race([delay(pollMs), exit]);
    }
    child.kill('SIGKILL');
    const reason = `${exited ?? 'it did not answer'}: ${lastWords(logFile)}`;
    throw new RedoubtError('machine.runner-failed', `The process that should run "${machineName}" failed: ${reason}`, {
      machine: machineName,
      reason,
    });
  }

  /** Lets go; the machine goes on. */
  detach(): void {
    this.isDetached = true;
    this.connection.close();
  }

  private async follow(
    states: AsyncIterable<RunnerState>,
    onState: (state: RunnerState) => void,
  ): Promise<{ isOrderly: boolean }> {
    try {
      for await (const state of states) {
        this.latest = state;
        if (!this.isDetached) onState(state);
      }
    } catch {
      // The connection is gone; whether that was in order is in the last state.
    }
    this.connection.close();
    return { isOrderly: this.isDetached || this.latest.isLeaving };
  }
}

/** The runner's own log. */
export function runnerLogFile(home: Home, machineId: string): string {
  return join(home.logsDirectory, `machine-${machineId}.log`);
}

function spawnRunner(args: RunnerArguments, logFile: string): ChildProcess {
  const { file, execArgv } = entryPoint('runner');
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...execArgv, file, JSON.stringify(args)], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      // In a packaged app the executable is Electron, which is Node if it is told so.
      env: {
        ...process.env,
        ...threadPoolEnvironment,
        ...(process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
      },
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** What a process said that failed: its last line with an error, else its last line. */
function lastWords(file: string): string {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-40);
    return (lines.findLast((line) => /^\S*Error\b/.test(line)) ?? lines.at(-1) ?? '').trim();
  } catch {
    return '';
  }
}

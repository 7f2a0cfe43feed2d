import { existsSync } from 'node:fs';
import type { Home } from '../base/home.ts';
import { RunnerHandle } from './runner-handle.ts';
import type { RunnerState } from './runner-contract.ts';
import { runtimePaths } from './runtime-paths.ts';

export interface FleetEvents {
  onState(machineId: string, state: RunnerState): void;
  /** Nothing runs the machine any more. `isOrderly`: the runner had said that it leaves. */
  onEnded(machineId: string, isOrderly: boolean): void;
}

/** The runners that a shell is attached to, at most one a machine. */
export class RunnerFleet {
  private readonly home: Home;
  private readonly events: FleetEvents;
  private readonly handles = new Map<string, RunnerHandle>();
  private isDetached = false;
  private readonly attaching = new Map<string, Promise<RunnerHandle | undefined>>();

  constructor(home: Home, events: FleetEvents) {
    this.home = home;
    this.events = events;
  }

  get(machineId: string): RunnerHandle | undefined {
    return this.handles.get(machineId);
  }

  /** Attaches to a runner that somebody else started, if there is one; cheap where there is none. */
  async find(machineId: string): Promise<RunnerHandle | undefined> {
    const present = this.handles.get(machineId);
    if (present !== undefined) return present;
    if (!existsSync(runtimePaths(this.home, machineId).controlSocket)) return undefined;
    const attaching =
      this.attaching.get(machineId) ?? RunnerHandle.attach(this.home, machineId, this.stateListener(machineId));
    this.attaching.set(machineId, attaching);
    const handle = await attaching.finally(() => this.attaching.delete(machineId));
    return handle === undefined ? undefined : this.keep(handle);
  }

  /** Throws machine.runner-failed. */
  async spawn(machineId: string, machineName: string, configPath: string): Promise<RunnerHandle> {
    const onState = this.stateListener(machineId);
    const attaching = RunnerHandle.spawn({ machineId, machineName, configPath, home: this.home, onState });
    this.attaching.set(machineId, attaching);
    return this.keep(await attaching.finally(() => this.attaching.delete(machineId)));
  }

  /** Lets go of all, also of those that are still being attached to; the machines go on. */
  async detach(): Promise<void> {
    this.isDetached = true;
    const handles = [...this.handles.values()];
    for (const handle of handles) handle.detach();
    await Promise.all(handles.map((handle) => handle.ended));
  }

  private keep(handle: RunnerHandle): RunnerHandle {
    const { machineId } = handle;
    const present = this.handles.get(machineId);
    if (present !== undefined) return present;
    this.handles.set(machineId, handle);
    if (this.isDetached) handle.detach();
    this.events.onState(machineId, handle.state);
    void handle.ended.then(({ isOrderly }) => {
      if (this.handles.get(machineId) === handle) this.handles.delete(machineId);
      this.events.onEnded(machineId, isOrderly);
    });
    return handle;
  }

  private stateListener(machineId: string): (state: RunnerState) => void {
    return (state) => {
      this.events.onState(machineId, state);
    };
  }
}

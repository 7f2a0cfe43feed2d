import { Broadcast } from '../base/broadcast.ts';
import { nextPowerState, type PowerEvent } from '../machines/power-state.ts';
import { assert } from '../base/assert.ts';
import type { RunnerState } from './runner-contract.ts';

/** The state that a runner shows, and everybody who watches it. Power changes only along the table. */
export class RunnerStateBoard {
  private readonly changes = new Broadcast<RunnerState>();
  private current: RunnerState;

  constructor(machineId: string) {
    this.current = { machineId, pid: process.pid, power: 'off', disks: [], isLeaving: false };
  }

  get now(): RunnerState {
    return this.current;
  }

  /** A step of the power table, with what else changes at the same time. */
  step(event: PowerEvent, change: Partial<RunnerState> = {}): void {
    const power = nextPowerState(this.current.power, event);
    assert(power !== undefined, `${event} in state ${this.current.power}`);
    this.change({ paused: undefined, ...change, power });
  }

  change(change: Partial<RunnerState>): void {
    const next = { ...this.current, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.current = next;
    this.changes.publish(next);
  }

  /** The state now, then every change. */
  watch(signal?: AbortSignal): AsyncGenerator<RunnerState, void, undefined> {
    return this.changes.subscribe(signal, [this.current]);
  }

  close(): void {
    this.changes.close();
  }
}

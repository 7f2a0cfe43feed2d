import type { PowerState } from '../api/machines.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

/** What happens to a machine. */
export type PowerEvent =
  | 'start'
  | 'started'
  | 'start-failed'
  | 'pause'
  | 'resume'
  /** Somebody wants it off; the guest may take its time. */
  | 'stop'
  /** The guest is gone, however it went, and its disks are closed. */
  | 'ended-with-question'
  | 'ended'
  | 'decided'
  | 'runner-died';

/**
 * Every legal step; what is not here is refused. The life of a machine:
 *
 *     off → starting → running ⇄ paused → stopping → deciding → off
 *
 * `failed` is off with a reason. A runner that dies leaves its machine off, with its changes waiting.
 */
const transitions: Record<PowerState, Partial<Record<PowerEvent, PowerState>>> = {
  off: { start: 'starting' },
  failed: { start: 'starting' },
  starting: { started: 'running', 'start-failed': 'failed', stop: 'stopping', 'runner-died': 'off' },
  running: {
    pause: 'paused',
    stop: 'stopping',
    'ended-with-question': 'deciding',
    ended: 'off',
    'runner-died': 'off',
  },
  paused: {
    resume: 'running',
    stop: 'stopping',
    'ended-with-question': 'deciding',
    ended: 'off',
    'runner-died': 'off',
  },
  stopping: { 'ended-with-question': 'deciding', ended: 'off', 'start-failed': 'failed', 'runner-died': 'off' },
  deciding: { decided: 'off', 'runner-died': 'off' },
  suspended: { start: 'starting' },
};

/** The state after an event, or `undefined` if that can't happen in this state. */
export function nextPowerState(state: PowerState, event: PowerEvent): PowerState | undefined {
  return transitions[state][event];
}

/** Throws machine.wrong-power-state. `machine` is its name; `wanted` says in a word what somebody tried. */
export function requirePowerState(
  state: PowerState,
  allowed: readonly PowerState[],
  machine: string,
  wanted: string,
): void {
  if (allowed.includes(state)) return;
  throw new RedoubtError('machine.wrong-power-state', `"${machine}" is ${state}: it cannot ${wanted}.`, {
    machine,
    state,
    wanted,
  });
}

/** Nothing runs and nothing is asked: the configuration may be changed. */
export function isAtRest(state: PowerState): boolean {
  return state === 'off' || state === 'failed';
}

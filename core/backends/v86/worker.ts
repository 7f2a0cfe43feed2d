/**
 * The thread that a v86 machine runs in. It is given a WorkerStart, reports `started` or `failed`, and
 * then obeys orders one after the other until it is ended.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toWire } from '../../base/redoubt-error.ts';
import { GuestMachine } from './guest-machine.ts';
import type { WorkerCommand, WorkerReport, WorkerStart } from './messages.ts';

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

async function obey(machine: GuestMachine, command: WorkerCommand): Promise<void> {
  const { id, order } = command;
  try {
    switch (order) {
      case 'screenshot':
        report({ kind: 'answer', id, png: machine.screenshot() });
        return;
      case 'stop':
        await machine.close();
        break;
      case 'reset':
      case 'pause':
      case 'resume':
        await machine[order]();
        break;
    }
    report({ kind: 'answer', id });
  } catch (error) {
    report({ kind: 'refusal', id, error: toWire(error) });
  }
}

async function main(): Promise<void> {
  let machine: GuestMachine;
  try {
    machine = await GuestMachine.start(workerData as WorkerStart, {
      onEvent: (event) => {
        report({ kind: 'event', event });
      },
      onStopped: () => {
        report({ kind: 'guest-stopped' });
      },
    });
  } catch (error) {
    report({ kind: 'failed', error: toWire(error) });
    return;
  }
  let last = Promise.resolve();
  parentPort?.on('message', (command: WorkerCommand) => {
    last = last.then(() => obey(machine, command));
  });
  report({ kind: 'started' });
}

void main();

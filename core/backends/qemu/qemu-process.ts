import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, endChild, startChild, type ChildExit, type OwnedChild } from '../../base/child-process.ts';
import { openLifeline } from '../../base/lifeline.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { BackendConfiguration } from '../backend.ts';
import type { QemuAbilities } from './accelerator.ts';
import { qemuArguments } from './arguments.ts';
import type { QemuBinary } from './locate.ts';
import { listenForQmp, type QmpClient } from './qmp-client.ts';

/** From the start of the program to its answer on the monitor; a cold start on a busy host takes seconds. */
const startLimitMs = 30_000;

/** A QEMU that answers on its monitor and has not run an instruction of the guest yet. */
export interface QemuProcess {
  readonly client: QmpClient;
  readonly rfbSocketPath: string;
  /** Resolves when the process is gone, its last events were delivered and its sockets are removed; never rejects. */
  readonly gone: Promise<ChildExit>;
  /** What went wrong, for people: how it ended and the last of its output. */
  describeEnd(exit: ChildExit): string;
  /** Ends the process by force. Resolves with `gone`. */
  end(): Promise<ChildExit>;
}

/**
 * Starts QEMU with its processors stopped. Throws backend.exited if it ends or says nothing in time, with
 * the last of its output; nothing is left behind then.
 *
 * QEMU ends with its runner: a lifeline kills it when this process dies, and one that has not reached its
 * monitor by then finds the socket closed and ends by itself.
 */
export async function startQemu(
  binary: QemuBinary,
  abilities: QemuAbilities,
  configuration: BackendConfiguration,
): Promise<QemuProcess> {
  const qmpSocketPath = join(configuration.runtimeDirectory, 'qmp.sock');
  const rfbSocketPath = join(configuration.runtimeDirectory, 'rfb.sock');
  const args = qemuArguments({ configuration, ...abilities, qmpSocketPath, rfbSocketPath });
  const listener = await listenForQmp(qmpSocketPath);
  const lifeline = openLifeline();
  let child: OwnedChild;
  try {
    child = await startChild(binary.path, args, { lifeline, cwd: configuration.runtimeDirectory });
  } catch (error) {
    await Promise.all([listener.close(), lifeline.release()]);
    throw exitedError('not started', error instanceof Error ? error.message : String(error));
  }
  try {
    const client = await firstOf(listener.client, child);
    const monitorClosed = new Promise<void>((resolve) => client.once('close', resolve));
    const gone = child.exited.then(async (exit) => {
      // The last events are in the pipe when the process is gone; its close comes after them.
      await Promise.race([monitorClosed, delay(1000, undefined, { ref: false })]);
      client.close();
      await lifeline.release();
      await rm(rfbSocketPath, { force: true });
      return exit;
    });
    return {
      client,
      rfbSocketPath,
      gone,
      describeEnd: (exit) => [`QEMU ended with ${describeExit(exit)}.`, child.errorTail()].join('\n').trim(),
      end: () => endChild(child.process).then(() => gone),
    };
  } catch (error) {
    const exit = await endChild(child.process);
    await lifeline.release();
    await rm(rfbSocketPath, { force: true });
    throw exitedError(describeExit(exit), child.errorTail(), error);
  } finally {
    await listener.close();
  }
}

/** The monitor's client, or a failure if the process ends or the time is over before there is one. */
async function firstOf(client: Promise<QmpClient>, child: OwnedChild): Promise<QmpClient> {
  const patience = new AbortController();
  try {
    return await Promise.race([
      client,
      child.exited.then((exit) => {
        throw new Error(describeExit(exit));
      }),
      delay(startLimitMs, undefined, { signal: patience.signal }).then(() => {
        throw new Error(`no answer in ${String(startLimitMs / 1000)} s`);
      }),
    ]);
  } finally {
    patience.abort();
  }
}

function exitedError(status: string, output: string, cause?: unknown): RedoubtError {
  const message = `QEMU could not be started (${status}): ${output || 'it said nothing'}`;
  return new RedoubtError('backend.exited', message, { backend: 'qemu', status, output }, { cause });
}

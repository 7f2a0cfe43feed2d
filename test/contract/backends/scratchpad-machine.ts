import { existsSync, readFileSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import type { Backend, GuestEvent, RunningGuest } from '../../../core/backends/backend.ts';
import { serveBlockPort } from '../../../core/base/block-port.ts';
import { Disposables } from '../../../core/base/disposables.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { startNbdServer } from '../../../core/nbd/server.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { RfbClient } from '../../support/rfb-client.ts';
import { readScratchpadImage } from '../../support/scratchpad.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

export interface ScratchpadMachine {
  readonly guest: RunningGuest;
  readonly device: MemoryDevice;
  /** What the backend has told, in order. */
  readonly events: GuestEvent[];
  /** The folder of its sockets. */
  readonly runtimeFiles: string;
  readonly type: (line: string) => Promise<void>;
  /** Waits until the guest has said this on its serial line since the last wait. */
  readonly waitFor: (text: string) => Promise<void>;
  /** From now on writes fail for want of space; call the result to end that. */
  readonly fillHost: () => () => void;
  /** Powers off and closes everything; idempotent. */
  readonly dispose: () => Promise<void>;
}

const diskBytes = 1024 * 1024;

/** Starts Scratchpad on a disk in memory that both an NBD socket and a block port serve. */
export async function startScratchpad(backend: Backend, bootLimitMs: number): Promise<ScratchpadMachine> {
  const opened = new Disposables();
  try {
    return await start(backend, bootLimitMs, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function start(backend: Backend, bootLimitMs: number, opened: Disposables): Promise<ScratchpadMachine> {
  const folder = makeTempFolder();
  opened.add(() => folder.remove());
  const device = new MemoryDevice(diskBytes);
  device.bytes.set(readScratchpadImage());
  const nbdSocketPath = folder.at('nbd.sock');
  const nbd = await startNbdServer({ socketPath: nbdSocketPath, exports: new Map([['ide0:0', device]]) });
  opened.add(() => nbd.close());
  const serialFilePath = folder.at('serial.txt');
  const events: GuestEvent[] = [];
  const openPort = () => {
    const { port1, port2 } = new MessageChannel();
    serveBlockPort(device, port1);
    opened.add(() => port1.close());
    return { sizeBytes: diskBytes, isWritable: true, port: port2 };
  };
  const guest = await backend.start(
    {
      machineId: '00000000000000000000000000000001',
      machineName: 'Contract, test',
      memoryMb: 32,
      disks: [{ slot: 'ide0:0', sizeBytes: diskBytes, nbdSocketPath, nbdExportName: 'ide0:0', openPort }],
      network: 'none',
      serialFilePath,
      runtimeDirectory: folder.path,
    },
    (event) => events.push(event),
  );
  opened.add(() => guest.powerOff());
  const screen = await RfbClient.connect(guest.rfbSocketPath);
  opened.add(() => screen.close());

  let saidLength = 0;
  const waitFor = async (text: string): Promise<void> => {
    const limit = Date.now() + bootLimitMs;
    for (;;) {
      const said = existsSync(serialFilePath) ? readFileSync(serialFilePath, 'latin1') : '';
      const at = said.indexOf(text, saidLength);
      if (at >= 0) {
        saidLength = at + text.length;
        return;
      }
      if (Date.now() > limit)
        throw new Error(`the guest did not say ${JSON.stringify(text)}, but ${JSON.stringify(said)}`);
      await delay(20);
    }
  };
  const fillHost = () => {
    const full = new RedoubtError('disk.no-space', 'The disk is full.', { file: 'disk' });
    for (const operation of ['write', 'writeZeroes']) device.failures.set(operation, full);
    return () => device.failures.clear();
  };
  return {
    guest,
    device,
    events,
    runtimeFiles: folder.path,
    type: (line) => screen.typeLine(line),
    waitFor,
    fillHost,
    dispose: () => opened.close(),
  };
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../base/entry-points.ts';
import { RedoubtError, fromWire } from '../../base/redoubt-error.ts';
import type { BackendConfiguration, GuestEnd, GuestEvent, RunningGuest } from '../backend.ts';
import type { Firmware } from './firmware.ts';
import type { WorkerOrder, WorkerReport, WorkerStart } from './messages.ts';

/** A worker that does not answer `stop` within this time is ended as it is. */
const STOP_MS = 3000;

interface Waiting {
  resolve(png: Uint8Array | undefined): void;
  reject(error: Error): void;
}

/** A machine in a worker thread, seen from outside. The thread is gone before `ended` resolves. */
export class V86Guest implements RunningGuest {
  readonly ended: Promise<GuestEnd>;
  readonly rfbSocketPath: string;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private ending: Promise<void> | undefined;
  private resolveEnded!: (end: GuestEnd) => void;
  private readonly worker: Worker;
  private readonly onEvent: (event: GuestEvent) => void;

  private constructor(worker: Worker, rfbSocketPath: string, onEvent: (event: GuestEvent) => void) {
    this.worker = worker;
    this.rfbSocketPath = rfbSocketPath;
    this.onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /** Resolves when the guest runs. Rejects with what the worker says, and then the worker is gone. */
  static async start(
    configuration: BackendConfiguration,
    firmware: Firmware,
    onEvent: (event: GuestEvent) => void,
  ): Promise<V86Guest> {
    const rfbSocketPath = join(configuration.runtimeDirectory, 'rfb.sock');
    const disks = configuration.disks.map((disk) => ({ slot: disk.slot, link: disk.openPort() }));
    const workerData: WorkerStart = {
      name: configuration.machineName,
      memoryMb: configuration.memoryMb,
      bios: firmware.bios,
      vgaBios: firmware.vgaBios,
      disks,
      ...(configuration.cdrom === undefined ? {} : { cdrom: configuration.cdrom }),
      ...(configuration.serialFilePath === undefined ? {} : { serialFilePath: configuration.serialFilePath }),
      rfbSocketPath,
    };
    const worker = startThread('v86-worker', { workerData, transferList: disks.map((disk) => disk.link.port) });
    const guest = new V86Guest(worker, rfbSocketPath, onEvent);
    await guest.started();
    return guest;
  }

  requestShutdown(): Promise<void> {
    const reason = 'The built-in emulator has no power button that a guest could notice.';
    return Promise.reject(
      new RedoubtError('backend.unsupported', reason, { backend: 'v86', feature: 'requestShutdown', reason }),
    );
  }

  async powerOff(): Promise<void> {
    await this.end({ kind: 'powered-off' });
  }

  async reset(): Promise<void> {
    await this.order('reset');
  }

  async pause(): Promise<void> {
    await this.order('pause');
  }

  async resume(): Promise<void> {
    await this.order('resume');
  }

  async screenshot(): Promise<Uint8Array> {
    const png = await this.order('screenshot');
    if (png === undefined) throw new Error('the worker sent no picture');
    return png;
  }

  private async started(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let refusal: RedoubtError | undefined;
      const fail = (reason: string): void => {
        void this.end({ kind: 'failed', reason }).then(() => {
          reject(refusal ?? exited(reason));
        });
      };
      this.worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'started') {
          resolve();
        } else if (report.kind === 'failed') {
          refusal = fromWire(report.error);
          fail(refusal.message);
        } else {
          this.receive(report);
        }
      });
      // Without a listener an error of the thread would end the whole process.
      this.worker.on('error', (error) => {
        fail(error.message);
      });
      this.worker.on('exit', () => {
        fail('The emulator ended unexpectedly.');
      });
    });
  }

  private receive(report: WorkerReport): void {
    switch (report.kind) {
      case 'event':
        this.onEvent(report.event);
        return;
      case 'guest-stopped':
        void this.end({ kind: 'guest-stopped' });
        return;
      case 'answer':
        this.takeWaiting(report.id)?.resolve(report.png);
        return;
      case 'refusal':
        this.takeWaiting(report.id)?.reject(fromWire(report.error));
        return;
      case 'started':
      case 'failed':
        return;
    }
  }

  private takeWaiting(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private order(order: WorkerOrder): Promise<Uint8Array | undefined> {
    if (this.ending !== undefined && order !== 'stop') return Promise.reject(exited('The machine is off.'));
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, order });
    });
  }

  /** The first reason counts. */
  private end(end: GuestEnd): Promise<void> {
    this.ending ??= this.finish(end);
    return this.ending;
  }

  private async finish(end: GuestEnd): Promise<void> {
    if (end.kind !== 'failed') {
      const stopped = this.order('stop').catch(() => undefined);
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      });
      await Promise.race([stopped, tooLate]);
      clearTimeout(timer);
    }
    await this.worker.terminate();
    await rm(this.rfbSocketPath, { force: true });
    for (const waiting of this.waiting.values()) waiting.reject(exited('The machine was powered off.'));
    this.waiting.clear();
    this.resolveEnded(end);
  }
}

function exited(reason: string): RedoubtError {
  return new RedoubtError('backend.exited', reason, { backend: 'v86', status: 'ended', output: reason });
}

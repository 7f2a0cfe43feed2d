import { MessageChannel, type TransferListItem, type Worker } from 'node:worker_threads';
import type { BlockPortLink } from '../base/block-port.ts';
import { startThread } from '../base/entry-points.ts';
import type { BackendDisk } from '../backends/backend.ts';
import { RedoubtError, fromWire } from '../base/redoubt-error.ts';
import type { SessionRequest } from '../disk/session/session.ts';
import type { DiskCommand, DiskReply, SessionStats } from './disk-messages.ts';

/** The runner's side of its disk thread. Calls reject with what the engine throws. */
export class DiskThread {
  /** Resolves if the thread dies before it was asked to close. */
  readonly died: Promise<Error>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private nextId = 1;
  private closing: Promise<void> | undefined;
  /** Why the thread is gone; then nothing will be answered. */
  private failure: Error | undefined;

  constructor() {
    this.worker = startThread('disk-worker');
    this.worker.on('message', (reply: DiskReply) => {
      this.settle(reply);
    });
    this.died = new Promise((resolve) => {
      this.worker.on('error', (error) => {
        this.fail(error, resolve);
      });
      this.worker.on('exit', () => {
        this.fail(new Error('the disk thread ended'), resolve);
      });
    });
  }

  /** Opens a session; answers with the size of the disk in bytes. */
  async open(slot: string, request: SessionRequest): Promise<number> {
    return (await this.ask({ op: 'open', slot, request })) as number;
  }

  async serve(socketPath: string): Promise<void> {
    await this.ask({ op: 'serve', socketPath });
  }

  /** Opens a session a disk and serves them all; a slot is an export's name. */
  async openAll(
    requests: readonly { slot: string; request: SessionRequest }[],
    socketPath: string,
  ): Promise<BackendDisk[]> {
    const disks: BackendDisk[] = [];
    for (const { slot, request } of requests) {
      const sizeBytes = await this.open(slot, request);
      const openPort = (): BlockPortLink => this.openPort(slot, sizeBytes);
      disks.push({ slot, sizeBytes, nbdSocketPath: socketPath, nbdExportName: slot, openPort });
    }
    await this.serve(socketPath);
    return disks;
  }

  /** A way to a session by messages, to be used in another thread. */
  openPort(slot: string, sizeBytes: number): BlockPortLink {
    const { port1, port2 } = new MessageChannel();
    this.ask({ op: 'port', slot, port: port1 }, [port1]).catch(() => undefined); // then the port stays silent, and closes with the thread
    return { sizeBytes, isWritable: true, port: port2 };
  }

  async replaceRedo(slot: string, redo: string): Promise<void> {
    await this.ask({ op: 'replace', slot, redo });
  }

  async stats(): Promise<SessionStats[]> {
    return (await this.ask({ op: 'stats' })) as SessionStats[];
  }

  /** Closes all sessions clean and ends the thread; idempotent. Rejects with what a session's close throws. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    try {
      await this.ask({ op: 'close' });
    } finally {
      await this.worker.terminate();
    }
  }

  private ask(command: DiskCommand, transfer: TransferListItem[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(goneError(this.failure));
        return;
      }
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, command }, transfer);
    });
  }

  private settle(reply: DiskReply): void {
    const waiter = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) waiter?.reject(fromWire(reply.error));
    else waiter?.resolve(reply.result);
  }

  private fail(error: unknown, resolve: (error: Error) => void): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.failure ??= cause;
    for (const waiter of this.waiting.values()) waiter.reject(goneError(this.failure));
    this.waiting.clear();
    if (this.closing === undefined) resolve(cause);
  }
}

function goneError(cause: Error): RedoubtError {
  return new RedoubtError('internal', `The disk thread failed: ${cause.message}`, { detail: cause.message }, { cause });
}

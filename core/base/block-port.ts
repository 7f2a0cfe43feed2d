import { receiveMessageOnPort, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { RedoubtError, fromWire, toWire } from './redoubt-error.ts';

/**
 * A block device reached by messages, so that a guest in one thread can use a session in another.
 * Requests are served in the order in which they were sent; answers carry the request's number.
 * Payloads are moved, not copied.
 */
export type BlockPortRequest =
  | { id: number; op: 'read'; offsetBytes: number; lengthBytes: number }
  | { id: number; op: 'write'; offsetBytes: number; bytes: Uint8Array }
  | { id: number; op: 'flush' };

export type BlockPortReply =
  { id: number; bytes?: Uint8Array } | { id: number; error: { code: string; message: string; details: unknown } };

/** What a thread needs to make a client: it can be posted to a worker with its port transferred. */
export interface BlockPortLink {
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  readonly port: MessagePort;
}

/** The part of a block device that the port carries. Structural, because base knows no disks. */
export interface PortedDevice {
  readonly sizeBytes: number;
  read(offsetBytes: number, target: Uint8Array): undefined | Promise<void>;
  write(offsetBytes: number, chunks: readonly Uint8Array[]): undefined | Promise<void>;
  flush(): Promise<void>;
}

/** Serves `device` on `port` until the port closes. */
export function serveBlockPort(device: PortedDevice, port: MessagePort): void {
  port.on('message', (request: BlockPortRequest) => {
    void answer(device, port, request);
  });
}

async function answer(device: PortedDevice, port: MessagePort, request: BlockPortRequest): Promise<void> {
  try {
    if (request.op === 'flush') {
      await device.flush();
      post(port, { id: request.id });
      return;
    }
    const lengthBytes = request.op === 'read' ? request.lengthBytes : request.bytes.length;
    if (request.offsetBytes < 0 || request.offsetBytes + lengthBytes > device.sizeBytes) {
      throw new RedoubtError('api.bad-request', 'A disk request lies outside the disk.', {
        issues: [`${request.op} of ${String(lengthBytes)} bytes at ${String(request.offsetBytes)}`],
      });
    }
    if (request.op === 'write') {
      const pending = device.write(request.offsetBytes, [request.bytes]);
      if (pending !== undefined) await pending;
      post(port, { id: request.id });
      return;
    }
    const bytes = new Uint8Array(request.lengthBytes);
    const pending = device.read(request.offsetBytes, bytes);
    if (pending !== undefined) await pending;
    post(port, { id: request.id, bytes }, [bytes.buffer]);
  } catch (error) {
    post(port, { id: request.id, error: toWire(error) });
  }
}

function post(port: MessagePort, reply: BlockPortReply, transfer: TransferListItem[] = []): void {
  port.postMessage(reply, transfer);
}

/** The other end. Every call rejects once the port is closed. */
export class BlockPortClient {
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  private readonly port: MessagePort;
  private readonly waiting = new Map<
    number,
    { resolve: (bytes: Uint8Array | undefined) => void; reject: (e: Error) => void }
  >();
  private nextId = 1;
  private isClosed = false;

  constructor(link: BlockPortLink) {
    this.sizeBytes = link.sizeBytes;
    this.isWritable = link.isWritable;
    this.port = link.port;
    this.port.on('message', (reply: BlockPortReply) => {
      this.receive(reply);
    });
    this.port.on('close', () => {
      this.isClosed = true;
      for (const waiter of this.waiting.values()) waiter.reject(closedError());
      this.waiting.clear();
    });
  }

  async read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const bytes = await this.call((id) => ({ id, op: 'read', offsetBytes, lengthBytes }));
    return bytes ?? new Uint8Array(0);
  }

  /** `bytes` must own its buffer: it is moved. */
  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    await this.call((id) => ({ id, op: 'write', offsetBytes, bytes }), [bytes.buffer as ArrayBuffer]);
  }

  async flush(): Promise<void> {
    await this.call((id) => ({ id, op: 'flush' }));
  }

  /** Blocks this thread until everything asked so far is answered. The promises settle after it returns. */
  settle(): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    while (this.waiting.size > 0 && !this.isClosed) {
      const received = receiveMessageOnPort(this.port) as { message: BlockPortReply } | undefined;
      if (received === undefined) Atomics.wait(sleeper, 0, 0, 1);
      else this.receive(received.message);
    }
  }

  close(): void {
    this.port.close();
  }

  private receive(reply: BlockPortReply): void {
    const waiter = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) waiter?.reject(fromWire(reply.error));
    else waiter?.resolve(reply.bytes);
  }

  private call(
    make: (id: number) => BlockPortRequest,
    transfer: TransferListItem[] = [],
  ): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(closedError());
        return;
      }
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.port.postMessage(make(id), transfer);
    });
  }
}

function closedError(): RedoubtError {
  return new RedoubtError('disk.io', 'The disk is closed.', { file: '', operation: 'request', errno: 'ECLOSED' });
}

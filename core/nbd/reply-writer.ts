import type { Socket } from 'node:net';
import type { AllocationRun } from '../disk/block-device.ts';
import type { NbdErrno } from './protocol.ts';
import { blockStatusBytes, writeBlockStatus, type ReplyFormat } from './reply-format.ts';
import type { NbdRequest } from './request-parser.ts';
import { partOf, smallSlabBytes, type Slab, type SlabPool } from './slab-pool.ts';

/** A reply that is being made: room for its header with the payload right behind it. */
export interface Reply {
  readonly slab: Slab;
  readonly startBytes: number;
  /** Where its room ends. */
  readonly endBytes: number;
  /** What the device reads into; empty for requests that are answered without data. */
  readonly payload: Uint8Array;
}

/** Replies of one slab that lie one behind the other and go out as one buffer. */
interface Run {
  readonly slab: Slab;
  startBytes: number;
  endBytes: number;
  replies: number;
  payloadBytes: number;
}

const emptyPayload = new Uint8Array(0);
/** So much is handed to the socket at once, so that the client takes its answers while the rest of the batch is read. */
const writeAfterBytes = 16 * 1024;

/**
 * Collects the replies of a batch and hands them to the socket together: replies that lie behind one
 * another are one buffer, several buffers are one vectored write. A payload is never copied here.
 *
 * `onSent` is told when replies have left, or have died with the socket: how many, and their bytes of
 * payload as they were opened.
 */
export class ReplyWriter {
  private slab: Slab | undefined;
  private runs: Run[] = [];
  private queuedBytes = 0;
  private isScheduled = false;

  constructor(
    private readonly socket: Socket,
    private readonly pool: SlabPool,
    private readonly format: ReplyFormat,
    private readonly onSent: (replies: number, payloadBytes: number) => void,
  ) {}

  /** Room for a reply with `payloadBytes` of data. It must be ended by one of the `send…` exactly once. */
  open(payloadBytes: number): Reply {
    const { dataHeaderBytes, leastBytes } = this.format;
    const needBytes = Math.max(dataHeaderBytes + payloadBytes, leastBytes);
    const slab = this.take(needBytes);
    const startBytes = slab.usedBytes - needBytes;
    const dataBytes = startBytes + dataHeaderBytes;
    const payload = payloadBytes === 0 ? emptyPayload : partOf(slab, dataBytes, payloadBytes);
    return { slab, startBytes, endBytes: slab.usedBytes, payload };
  }

  /** Queues the reply to a read, with its payload. */
  sendData(reply: Reply, request: NbdRequest): void {
    this.queue(reply, this.format.writeData(reply.slab.bytes, reply.startBytes, request));
  }

  /** Queues the reply to a request that is answered without data. */
  sendDone(reply: Reply, request: NbdRequest): void {
    this.queue(reply, this.format.writeDone(reply.slab.bytes, reply.startBytes, request));
  }

  /** Queues nothing but an error number, and, where the client can read it, a message. */
  sendError(reply: Reply, request: NbdRequest, errno: NbdErrno, message: string): void {
    this.queue(reply, this.format.writeError(reply.slab.bytes, reply.startBytes, request, errno, message));
  }

  /** Makes room for a reply with block status and queues it. Returns what `onSent` will call its payload. */
  sendBlockStatus(request: NbdRequest, runs: readonly AllocationRun[]): number {
    const needBytes = blockStatusBytes(runs);
    const slab = this.take(needBytes);
    const startBytes = slab.usedBytes - needBytes;
    const payload = slab.bytes.subarray(startBytes, slab.usedBytes);
    writeBlockStatus(slab.bytes, startBytes, request, runs);
    this.queue({ slab, startBytes, endBytes: slab.usedBytes, payload }, needBytes);
    return needBytes;
  }

  /** Writes what is queued at the end of the current turn: for replies that come outside a batch. */
  writeSoon(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(() => {
      this.isScheduled = false;
      this.write();
    });
  }

  /** Hands everything queued to the socket. */
  write(): void {
    if (this.runs.length === 0) return;
    const runs = this.runs;
    this.runs = [];
    this.queuedBytes = 0;
    if (runs.length > 1) this.socket.cork();
    for (const run of runs) {
      this.socket.write(run.slab.bytes.subarray(run.startBytes, run.endBytes), () => {
        this.release(run);
      });
    }
    if (runs.length > 1) this.socket.uncork();
  }

  /** Queues the first `usedBytes` of a reply's room. */
  private queue({ slab, startBytes, endBytes: roomEndBytes, payload }: Reply, usedBytes: number): void {
    const endBytes = startBytes + usedBytes;
    // What was not needed is given back where nothing lies behind it yet, so that the next reply adjoins.
    if (slab.usedBytes === roomEndBytes) slab.usedBytes = endBytes;
    const last = this.runs.at(-1);
    if (last !== undefined && last.slab === slab && last.endBytes === startBytes) {
      last.endBytes = endBytes;
      last.replies += 1;
      last.payloadBytes += payload.length;
    } else {
      this.runs.push({ slab, startBytes, endBytes, replies: 1, payloadBytes: payload.length });
    }
    this.queuedBytes += usedBytes;
    if (this.queuedBytes >= writeAfterBytes) this.write();
  }

  /** Takes `needBytes` at the end of what is used of a slab. */
  private take(needBytes: number): Slab {
    const slab = this.slabWith(needBytes);
    slab.usedBytes += needBytes;
    slab.openReplies += 1;
    return slab;
  }

  private slabWith(needBytes: number): Slab {
    const current = this.slab;
    if (current !== undefined) {
      // Nothing in it is needed any more: the batch starts at its head again, on memory that is hot.
      if (current.openReplies === 0) current.usedBytes = 0;
      if (current.bytes.length - current.usedBytes >= needBytes) return current;
    }
    if (needBytes > smallSlabBytes / 2) return this.pool.take(needBytes);
    const slab = this.pool.take(smallSlabBytes);
    this.slab = slab;
    return slab;
  }

  private release(run: Run): void {
    const { slab } = run;
    slab.openReplies -= run.replies;
    if (slab.openReplies === 0 && slab !== this.slab) this.pool.giveBack(slab);
    this.onSent(run.replies, run.payloadBytes);
  }
}

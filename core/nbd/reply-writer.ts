import type { Socket } from 'node:net';
import { replyHeaderBytes, simpleReplyMagic, type NbdErrno } from './protocol.ts';
import type { NbdRequest } from './request-parser.ts';
import { smallSlabBytes, type Slab, type SlabPool } from './slab-pool.ts';

/** A reply that is being made: room for its header with the payload right behind it. */
export interface Reply {
  readonly slab: Slab;
  readonly startBytes: number;
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
/** So much is handed to the socket at once, so that a client starts while a long batch goes on. */
const writeAfterBytes = 512 * 1024;

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
    private readonly onSent: (replies: number, payloadBytes: number) => void,
  ) {}

  /** Room for a reply with `payloadBytes` of data. It must be ended by `send` exactly once. */
  open(payloadBytes: number): Reply {
    const needBytes = replyHeaderBytes + payloadBytes;
    const slab = this.slabWith(needBytes);
    const startBytes = slab.usedBytes;
    slab.usedBytes += needBytes;
    slab.openReplies += 1;
    const payload =
      payloadBytes === 0 ? emptyPayload : slab.bytes.subarray(startBytes + replyHeaderBytes, startBytes + needBytes);
    return { slab, startBytes, payload };
  }

  /** Queues the reply: with its payload, or with nothing but an error number if that is not 0. */
  send(reply: Reply, request: NbdRequest, errno: NbdErrno | 0): void {
    const { slab, startBytes } = reply;
    const { bytes } = slab;
    bytes.writeUInt32BE(simpleReplyMagic, startBytes);
    bytes.writeUInt32BE(errno, startBytes + 4);
    bytes.writeUInt32BE(request.cookieHigh, startBytes + 8);
    bytes.writeUInt32BE(request.cookieLow, startBytes + 12);
    const endBytes = startBytes + replyHeaderBytes + (errno === 0 ? reply.payload.length : 0);
    const last = this.runs.at(-1);
    if (last !== undefined && last.slab === slab && last.endBytes === startBytes) {
      last.endBytes = endBytes;
      last.replies += 1;
      last.payloadBytes += reply.payload.length;
    } else {
      this.runs.push({ slab, startBytes, endBytes, replies: 1, payloadBytes: reply.payload.length });
    }
    this.queuedBytes += endBytes - startBytes;
    if (this.queuedBytes >= writeAfterBytes) this.write();
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

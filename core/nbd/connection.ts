import type { Socket } from 'node:net';
import type { BlockDevice } from '../disk/block-device.ts';
import { Handshake, type TransmissionTerms } from './handshake.ts';
import { command, nbdErrno } from './protocol.ts';
import { ReceiveMemory, type ReceiveState } from './receive-memory.ts';
import { simpleReplies, structuredReplies } from './reply-format.ts';
import { ReplyWriter } from './reply-writer.ts';
import { RequestParser } from './request-parser.ts';
import type { SlabPool } from './slab-pool.ts';
import { receiveInto } from './socket-input.ts';
import { Transmission } from './transmission.ts';
import type { Wakefulness } from './wakefulness.ts';

/** With more than this in flight the socket is not read until some of it is answered. */
const maximumInFlightBytes = 64 * 1024 * 1024;

/** How long a client may take to fetch its last answers. */
const lingerMs = 2000;

/** What there is once the client has chosen its export. */
interface Serving {
  readonly transmission: Transmission;
  readonly replies: ReplyWriter;
  readonly device: BlockDevice;
}

/**
 * One client, from the greeting to the last flush.
 *
 * | state | what it waits for |
 * | --- | --- |
 * | negotiating | options of the client |
 * | serving | requests; reading stops while too much is in flight |
 * | ending | no further request is taken; those taken end, the device is flushed, the socket is closed |
 *
 * Whichever way a connection ends (the client says so, hangs up, breaks the protocol, or the server
 * closes), every request that was received whole is carried out first, and a request that was not never
 * begins.
 */
export class Connection {
  /** Resolves when nothing of the connection is left. Never rejects. */
  readonly ended: Promise<void>;

  private readonly socket: Socket;
  private readonly memory = new ReceiveMemory();
  private readonly parser = new RequestParser();
  private readonly handshake: Handshake;
  private serving: Serving | undefined;
  /** No further byte is taken. */
  private isEnding = false;
  /** No further request is looked for: the client has said its last word, or nonsense. */
  private isDone = false;
  private isFlushing = false;
  private impatience: NodeJS.Timeout | undefined;
  private resolveEnded: () => void = () => undefined;

  /** `accepted` is paused, as `pauseOnConnect` leaves it. */
  constructor(
    accepted: Socket,
    exports: ReadonlyMap<string, BlockDevice>,
    offersStructured: boolean,
    private readonly pool: SlabPool,
    private readonly wakefulness: Wakefulness,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    const socket = receiveInto(accepted, {
      next: () => this.memory.next(this.receiveState()),
      received: (chunk) => {
        this.receive(chunk);
      },
    });
    this.socket = socket;
    this.handshake = new Handshake(exports, offersStructured, (bytes) => {
      socket.write(bytes);
    });
    socket.on('end', () => {
      this.end();
    });
    // Nothing to add: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.end();
      this.goOn();
    });
    this.handshake.begin();
  }

  /** Takes nothing further and ends as soon as the requests received whole are carried out. */
  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    // A client that fetches no answers would keep the rest of its requests waiting for ever.
    this.impatience = setTimeout(() => {
      if (!this.isDone) this.socket.destroy();
    }, lingerMs);
    this.goOn();
  }

  private receive(chunk: Buffer): void {
    if (this.isEnding) return;
    if (this.serving !== undefined) {
      this.parser.push(chunk);
      this.goOn();
      // What is in the thread pool wakes the loop when it ends, and needs the processors until then.
      if (this.serving.transmission.pendingRequests === 0) this.wakefulness.note();
      return;
    }
    const result = this.handshake.receive(chunk);
    if (result === undefined) return;
    if (result.kind === 'ended') {
      this.end();
      return;
    }
    this.serve(result.device, result.terms);
    this.parser.push(result.rest);
    this.goOn();
  }

  private serve(device: BlockDevice, terms: TransmissionTerms): void {
    const format = terms.isStructured ? structuredReplies : simpleReplies;
    const replies = new ReplyWriter(this.socket, this.pool, format, (count, payloadBytes) => {
      transmission.replied(count, payloadBytes);
      // Only who was stopped for want of room goes on; else every answer would cost another look at nothing.
      // Requests wait, and an ending connection for its last ones, nowhere but behind a paused socket.
      if (this.socket.isPaused()) this.goOn();
    });
    const transmission = new Transmission(device, terms, replies, () => {
      this.goOn();
    });
    this.serving = { transmission, replies, device };
  }

  private receiveState(): ReceiveState {
    const { missingPayloadBytes, isHolding } = this.parser;
    return { missingPayloadBytes, isHolding, hasPendingWrites: (this.serving?.transmission.pendingWrites ?? 0) > 0 };
  }

  /** Serves what may be served now; then reads on, stops reading, or finishes. */
  private goOn(): void {
    const transmission = this.serving?.transmission;
    if (this.serving !== undefined) this.serveReceived(this.serving);
    if (this.isEnding) {
      this.finishWhenIdle();
      return;
    }
    const isFull = (transmission?.inFlightBytes ?? 0) > maximumInFlightBytes;
    if (isFull && !this.socket.isPaused()) this.socket.pause();
    if (!isFull && this.socket.isPaused()) this.socket.resume();
  }

  /** All complete requests that fit, as one batch of replies. */
  private serveReceived({ transmission, replies, device }: Serving): void {
    this.startReceived(transmission, device);
    // Nobody waits for more than what is here.
    device.carryOut?.();
    replies.write();
  }

  private startReceived(transmission: Transmission, device: BlockDevice): void {
    const { socket } = this;
    let isGathering = false;
    while (!this.isDone) {
      if (transmission.inFlightBytes > maximumInFlightBytes && !socket.destroyed) return;
      const found = this.parser.next();
      if (found === undefined) {
        // What is left, if the connection is ending, is a request of which the rest will never come.
        this.isDone = this.isEnding;
        return;
      }
      if (found.kind === 'request' && found.request.type !== command.disconnect) {
        const isPointless = socket.destroyed && found.request.type === command.read;
        if (!isGathering && this.parser.isHolding) {
          device.gather?.();
          isGathering = true;
        }
        if (!isPointless) transmission.serve(found.request);
        continue;
      }
      if (found.kind === 'too-long') transmission.refuse(found.request, nbdErrno.EINVAL);
      this.isDone = true;
      this.isEnding = true;
    }
  }

  private finishWhenIdle(): void {
    const transmission = this.serving?.transmission;
    if (this.isFlushing || (transmission !== undefined && !(this.isDone && transmission.pendingRequests === 0))) return;
    this.isFlushing = true;
    void this.finish();
  }

  private async finish(): Promise<void> {
    // Nobody is left to tell of a failure; the device remembers it and answers the next client with it.
    if (this.serving?.device.isWritable === true) await this.serving.device.flush().catch(() => undefined);
    this.serving?.replies.write();
    await closeSocket(this.socket);
    clearTimeout(this.impatience);
    this.resolveEnded();
  }
}

async function closeSocket(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(() => socket.destroy());
  });
}

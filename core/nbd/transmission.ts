import type { BlockDevice } from '../disk/block-device.ts';
import { errnoOf } from './errno.ts';
import { command, commandFlag, maximumPayloadBytes, nbdErrno, type NbdErrno } from './protocol.ts';
import type { NbdRequest } from './request-parser.ts';
import type { Reply, ReplyWriter } from './reply-writer.ts';

/** Zeroing and trimming go in slices of this size, at its multiples, with other requests in between. */
const sliceBytes = 16 * 1024 * 1024;
/** What a request counts for beside its payload, so that requests without data are bounded too. */
const requestCostBytes = 512;

/**
 * Carries out the requests of one connection on its device and answers them, in whatever order they end.
 *
 * A request that the device finishes at once costs no promise. Every request is judged here, because it
 * comes from outside; behind this file, ranges are right. `pendingRequests` counts those that are not
 * finished on the device, `inFlightBytes` also what is answered but has not left the socket.
 */
export class Transmission {
  /** Memory that requests hold: payloads of unfinished writes and of replies on their way. */
  inFlightBytes = 0;
  pendingRequests = 0;
  /** Requests among them whose received payload the device still works on. */
  pendingWrites = 0;

  /** `onProgress` is called when a request ends that had not ended within `serve`. */
  constructor(
    private readonly device: BlockDevice,
    private readonly replies: ReplyWriter,
    private readonly onProgress: () => void,
  ) {}

  /** Tells that replies have left the socket; their share of `inFlightBytes` is free again. */
  replied(replyCount: number, payloadBytes: number): void {
    this.inFlightBytes -= replyCount * requestCostBytes + payloadBytes;
  }

  /** Starts a request, and ends it where the device is done at once. Never throws. */
  serve(request: NbdRequest): void {
    const refusal = this.judge(request);
    if (refusal !== 0) {
      this.refuse(request, refusal);
      return;
    }
    switch (request.type) {
      case command.read:
        this.read(request);
        return;
      case command.write:
        this.run(request, () => this.device.write(request.offsetBytes, request.payload));
        return;
      case command.flush:
        this.run(request, () => this.device.flush());
        return;
      case command.trim:
        this.run(request, () => inSlices(request, (offset, length) => this.device.discard(offset, length)));
        return;
      default:
        this.run(request, () => inSlices(request, (offset, length) => this.device.writeZeroes(offset, length)));
    }
  }

  /** Answers a request with an error without running it. */
  refuse(request: NbdRequest, errno: NbdErrno): void {
    this.inFlightBytes += requestCostBytes;
    this.replies.send(this.replies.open(0), request, errno);
  }

  /** The error number of a request that may not run, else 0. Source: NBD protocol, "Error values". */
  private judge(request: NbdRequest): NbdErrno | 0 {
    const { type, flags, offsetBytes, lengthBytes } = request;
    const isChange = type === command.write || type === command.writeZeroes || type === command.trim;
    if (!isChange && type !== command.read && type !== command.flush) return nbdErrno.EINVAL;
    const allowedFlags = type === command.writeZeroes ? commandFlag.fua | commandFlag.noHole : commandFlag.fua;
    if ((flags & ~allowedFlags) !== 0) return nbdErrno.EINVAL;
    if (type === command.flush) return 0;
    if (isChange && !this.device.isWritable) return nbdErrno.EPERM;
    if (type === command.read && lengthBytes > maximumPayloadBytes) return nbdErrno.EINVAL;
    if (offsetBytes + lengthBytes <= this.device.sizeBytes) return 0;
    return type === command.write || type === command.writeZeroes ? nbdErrno.ENOSPC : nbdErrno.EINVAL;
  }

  private read(request: NbdRequest): void {
    this.inFlightBytes += requestCostBytes + request.lengthBytes;
    const reply = this.replies.open(request.lengthBytes);
    let pending: undefined | Promise<void>;
    try {
      pending = this.device.read(request.offsetBytes, reply.payload);
    } catch (error) {
      this.replies.send(reply, request, errnoOf(error));
      return;
    }
    if (pending === undefined) this.replies.send(reply, request, 0);
    else this.finishLater(pending, reply, request);
  }

  /** Everything that is answered without data. With FUA, a flush belongs to it. */
  private run(request: NbdRequest, start: () => undefined | Promise<void>): void {
    const payloadBytes = request.payload.length === 0 ? 0 : request.lengthBytes;
    this.inFlightBytes += requestCostBytes;
    const reply = this.replies.open(0);
    let pending: undefined | Promise<void>;
    try {
      pending = start();
      if (mustFlush(request)) {
        pending = pending === undefined ? this.device.flush() : pending.then(() => this.device.flush());
      }
    } catch (error) {
      this.replies.send(reply, request, errnoOf(error));
      return;
    }
    if (pending === undefined) {
      this.replies.send(reply, request, 0);
      return;
    }
    this.inFlightBytes += payloadBytes;
    this.finishLater(pending, reply, request, payloadBytes);
  }

  private finishLater(pending: Promise<void>, reply: Reply, request: NbdRequest, payloadBytes = 0): void {
    this.pendingRequests += 1;
    if (payloadBytes > 0) this.pendingWrites += 1;
    const finish = (errno: NbdErrno | 0): void => {
      this.pendingRequests -= 1;
      if (payloadBytes > 0) this.pendingWrites -= 1;
      this.inFlightBytes -= payloadBytes;
      this.replies.send(reply, request, errno);
      this.replies.writeSoon();
      this.onProgress();
    };
    pending.then(
      () => {
        finish(0);
      },
      (error: unknown) => {
        finish(errnoOf(error));
      },
    );
  }
}

function mustFlush(request: NbdRequest): boolean {
  return (request.flags & commandFlag.fua) !== 0 && request.type !== command.read && request.type !== command.flush;
}

/**
 * Runs `step` over the slices of a request's range. What fits in one slice ends as the device ends it;
 * else the event loop has its turn after every slice, and the promise rejects at the first that fails.
 */
function inSlices(
  request: NbdRequest,
  step: (offsetBytes: number, lengthBytes: number) => undefined | Promise<void>,
): undefined | Promise<void> {
  const { offsetBytes, lengthBytes } = request;
  const endBytes = offsetBytes + lengthBytes;
  if (sliceEnd(offsetBytes, endBytes) === endBytes) return step(offsetBytes, lengthBytes);
  return (async () => {
    for (let at = offsetBytes; at < endBytes; at = sliceEnd(at, endBytes)) {
      await step(at, sliceEnd(at, endBytes) - at);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
}

function sliceEnd(offsetBytes: number, endBytes: number): number {
  return Math.min(endBytes, (Math.floor(offsetBytes / sliceBytes) + 1) * sliceBytes);
}

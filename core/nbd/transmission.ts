import type { AllocationRun, BlockDevice } from '../disk/block-device.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { errnoOf } from './errno.ts';
import type { TransmissionTerms } from './handshake.ts';
import { judgeRequest } from './judge-request.ts';
import { command, commandFlag, type NbdErrno } from './protocol.ts';
import type { NbdRequest } from './request-parser.ts';
import type { Reply, ReplyWriter } from './reply-writer.ts';

/** Zeroing and trimming go in slices of this size, at its multiples, with other requests in between. */
const sliceBytes = 16 * 1024 * 1024;
/** What a request counts for beside its payload, so that requests without data are bounded too. */
const requestCostBytes = 512;
/** The most runs that one answer about block status tells; a client asks again for the rest. */
const maximumStatusRuns = 2048;

/**
 * Carries out the requests of one connection on its device and answers them, in whatever order they end.
 *
 * A request that the device finishes at once costs no promise. `pendingRequests` counts those that are not
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
    private readonly terms: TransmissionTerms,
    private readonly replies: ReplyWriter,
    private readonly onProgress: () => void,
  ) {}

  /** Tells that replies have left the socket; their share of `inFlightBytes` is free again. */
  replied(replyCount: number, payloadBytes: number): void {
    this.inFlightBytes -= replyCount * requestCostBytes + payloadBytes;
  }

  /** Starts a request, and ends it where the device is done at once. Never throws. */
  serve(request: NbdRequest): void {
    const refusal = judgeRequest(request, this.device, this.terms);
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
      case command.blockStatus:
        this.tellStatus(request);
        return;
      default:
        this.run(request, () => inSlices(request, (offset, length) => this.writeZeroes(request, offset, length)));
    }
  }

  /** Answers a request with an error without running it. */
  refuse(request: NbdRequest, errno: NbdErrno): void {
    this.inFlightBytes += requestCostBytes;
    this.replies.sendError(this.replies.open(0), request, errno, '');
  }

  private read(request: NbdRequest): void {
    this.inFlightBytes += requestCostBytes + request.lengthBytes;
    const reply = this.replies.open(request.lengthBytes);
    let pending: undefined | Promise<void>;
    try {
      pending = this.device.read(request.offsetBytes, reply.payload);
    } catch (error) {
      this.fail(reply, request, error);
      return;
    }
    if (pending === undefined) {
      this.replies.sendData(reply, request);
      return;
    }
    this.finishLater(
      pending,
      () => {
        this.replies.sendData(reply, request);
      },
      (error) => {
        this.fail(reply, request, error);
      },
    );
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
      this.fail(reply, request, error);
      return;
    }
    if (pending === undefined) {
      this.replies.sendDone(reply, request);
      return;
    }
    this.inFlightBytes += payloadBytes;
    if (payloadBytes > 0) this.pendingWrites += 1;
    const release = (): void => {
      if (payloadBytes > 0) this.pendingWrites -= 1;
      this.inFlightBytes -= payloadBytes;
    };
    this.finishLater(
      pending,
      () => {
        release();
        this.replies.sendDone(reply, request);
      },
      (error) => {
        release();
        this.fail(reply, request, error);
      },
    );
  }

  /** What of the range is allocated: one run, or as many as an answer holds, and perhaps not to the range's end. */
  private tellStatus(request: NbdRequest): void {
    this.inFlightBytes += requestCostBytes;
    const maximumRuns = (request.flags & commandFlag.reqOne) === 0 ? maximumStatusRuns : 1;
    let found: readonly AllocationRun[] | Promise<readonly AllocationRun[]>;
    try {
      found = this.device.mapStatus(request.offsetBytes, request.lengthBytes, maximumRuns);
    } catch (error) {
      this.fail(this.replies.open(0), request, error);
      return;
    }
    // Runs may take many times what a request does.
    const send = (runs: readonly AllocationRun[]): void => {
      this.inFlightBytes += this.replies.sendBlockStatus(request, runs);
    };
    if (!(found instanceof Promise)) {
      send(found);
      return;
    }
    this.finishLater(found, send, (error) => {
      this.fail(this.replies.open(0), request, error);
    });
  }

  /** A slice of a request to zero. One that must be fast is, where there is nothing to be zeroed, and else refused. */
  private writeZeroes(request: NbdRequest, offsetBytes: number, lengthBytes: number): undefined | Promise<void> {
    if ((request.flags & commandFlag.fastZero) === 0) return this.device.writeZeroes(offsetBytes, lengthBytes);
    const found = this.device.mapStatus(offsetBytes, lengthBytes, 1);
    const prove = ([run]: readonly AllocationRun[]): void => {
      if (run !== undefined && !run.isAllocated && run.lengthBytes === lengthBytes) return;
      throw new RedoubtError('disk.unsupported', 'Zeroing this range takes as long as writing it.', {
        feature: 'zeroing without writing',
      });
    };
    if (found instanceof Promise) return found.then(prove);
    prove(found);
    return undefined;
  }

  private fail(reply: Reply, request: NbdRequest, error: unknown): void {
    const { errno, message } = errnoOf(error);
    this.replies.sendError(reply, request, errno, message);
  }

  private finishLater<T>(pending: Promise<T>, succeed: (result: T) => void, fail: (error: unknown) => void): void {
    this.pendingRequests += 1;
    const finish = (): void => {
      this.pendingRequests -= 1;
      this.replies.writeSoon();
      this.onProgress();
    };
    pending.then(
      (result) => {
        succeed(result);
        finish();
      },
      (error: unknown) => {
        fail(error);
        finish();
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

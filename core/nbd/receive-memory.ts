/** A whole queue of small requests fits, so that it is received and answered as one batch. */
const headBytes = 256 * 1024;
/** What is taken instead while the head is in use: devices that finish later are no faster for more. */
const freshBytes = 64 * 1024;
/** Payload memory comes in multiples of this. */
const payloadStepBytes = 256 * 1024;
/** More than this is not kept from one payload to the next. */
const keptPayloadBytes = 4 * 1024 * 1024;

/** What decides where the next bytes may go. */
export interface ReceiveState {
  /** How much of a write's payload is still to come, if that is what comes next; else 0. */
  readonly missingPayloadBytes: number;
  /** Something received before is not parsed yet, or is part of an unfinished payload. */
  readonly isHolding: boolean;
  /** A device still works on payloads that were handed to it. */
  readonly hasPendingWrites: boolean;
}

/**
 * The memory that one connection receives into.
 *
 * Requests arrive in the head. The rest of a payload that began there is received into memory of its own,
 * exactly up to its end, so that the next request begins in the head again. While the device finishes
 * writes at once, both are used over and over and stay in the processor's cache. What is still in use is
 * left to whoever uses it, and other memory is taken.
 */
export class ReceiveMemory {
  private readonly head = Buffer.allocUnsafeSlow(headBytes);
  private payload: Buffer | undefined;
  /** Bytes of the payload being received that go into `payload`; 0 outside a payload. */
  private payloadBytes = 0;

  /** Where the next read goes; never empty. */
  next({ missingPayloadBytes, isHolding, hasPendingWrites }: ReceiveState): Uint8Array {
    if (missingPayloadBytes > 0) {
      const memory = this.payloadMemory(missingPayloadBytes, hasPendingWrites);
      return memory.subarray(this.payloadBytes - missingPayloadBytes, this.payloadBytes);
    }
    this.payloadBytes = 0;
    if (this.payload !== undefined && this.payload.length > keptPayloadBytes) this.payload = undefined;
    return isHolding || hasPendingWrites ? Buffer.allocUnsafeSlow(freshBytes) : this.head;
  }

  /** The memory of the payload that is under way, chosen when its first rest is asked for. */
  private payloadMemory(missingBytes: number, hasPendingWrites: boolean): Buffer {
    const isUnderWay = this.payloadBytes > 0;
    if (this.payload !== undefined && isUnderWay) return this.payload;
    this.payloadBytes = missingBytes;
    if (this.payload === undefined || this.payload.length < missingBytes || hasPendingWrites) {
      this.payload = Buffer.allocUnsafeSlow(Math.ceil(missingBytes / payloadStepBytes) * payloadStepBytes);
    }
    return this.payload;
  }
}

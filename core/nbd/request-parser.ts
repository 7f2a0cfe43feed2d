import { command, maximumPayloadBytes, requestHeaderBytes, requestMagic } from './protocol.ts';

/** One request of the transmission phase. The payload of a write is complete; other requests have none. */
export interface NbdRequest {
  readonly flags: number;
  readonly type: number;
  /** The client's own number for the request, returned with the reply: two 32-bit halves. */
  readonly cookieHigh: number;
  readonly cookieLow: number;
  /** Exact up to 2^53; larger offsets are rounded, and lie outside any export anyway. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly payload: readonly Uint8Array[];
}

/**
 * What the parser found next. After `too-long` (a write whose payload passes the limit) and `garbage`
 * (no request starts here) the stream can't be followed any further.
 */
export type ParseResult =
  | { readonly kind: 'request'; readonly request: NbdRequest }
  | { readonly kind: 'too-long'; readonly request: NbdRequest }
  | { readonly kind: 'garbage' };

/** Chunks under this size are gathered when very many of them make up one payload. */
const smallChunkBytes = 16 * 1024;
const smallChunksBeforeGathering = 256;
/** The most chunks that a payload is handed on in: what one vectored write takes on Linux. */
const maximumPayloadChunks = 1024;
const noPayload: readonly Uint8Array[] = [];

/**
 * Turns received chunks into requests. It pulls: `next` looks only as far as one request, so whoever
 * reads decides when to stop, with the rest still unparsed. Payloads are parts of the received chunks,
 * neither joined nor copied, except where a client sends a payload in more than a thousand crumbs.
 */
export class RequestParser {
  private readonly chunks: Buffer[] = [];
  /** Bytes of `chunks[0]` that are already consumed. */
  private start = 0;
  private receivedBytes = 0;
  /** A write whose payload is still arriving. */
  private pending: NbdRequest | undefined;
  private payload: Uint8Array[] = [];
  private missingBytes = 0;
  private smallRun = 0;
  /** A header that came in pieces. */
  private readonly header = Buffer.alloc(requestHeaderBytes);
  private headerBytes = 0;

  /** How much of a payload is still to come, if nothing else has been received that comes before it. */
  get missingPayloadBytes(): number {
    return this.pending === undefined || this.receivedBytes > 0 ? 0 : this.missingBytes;
  }

  /** Whether chunks are still needed: they hold unparsed bytes, or part of an unfinished payload. */
  get isHolding(): boolean {
    return this.pending !== undefined || this.receivedBytes > 0;
  }

  /** Adds what was received. The chunk must not change while `isHolding`, or while its payloads are used. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
  }

  /** The next complete request, or `undefined` until more is received. */
  next(): ParseResult | undefined {
    if (this.pending === undefined) {
      const result = this.parseHeader();
      if (result === undefined || result.kind !== 'request') return result;
      const { request } = result;
      if (request.type !== command.write || request.lengthBytes === 0) return result;
      if (request.lengthBytes > maximumPayloadBytes) return { kind: 'too-long', request };
      this.pending = request;
      this.missingBytes = request.lengthBytes;
    }
    this.takePayload();
    if (this.missingBytes > 0) return undefined;
    const request = { ...this.pending, payload: this.finishedPayload() };
    this.pending = undefined;
    this.payload = [];
    this.smallRun = 0;
    return { kind: 'request', request };
  }

  private parseHeader(): ParseResult | undefined {
    const first = this.chunks[0];
    if (first === undefined) return undefined;
    if (this.headerBytes === 0 && first.length - this.start >= requestHeaderBytes) {
      const result = readHeader(first, this.start);
      this.consume(requestHeaderBytes);
      return result;
    }
    while (this.headerBytes < requestHeaderBytes) {
      if (this.receivedBytes === 0) return undefined;
      const part = this.takePart(requestHeaderBytes - this.headerBytes);
      this.header.set(part, this.headerBytes);
      this.headerBytes += part.length;
    }
    this.headerBytes = 0;
    return readHeader(this.header, 0);
  }

  private takePayload(): void {
    while (this.missingBytes > 0 && this.receivedBytes > 0) {
      const part = this.takePart(this.missingBytes);
      this.missingBytes -= part.length;
      this.payload.push(part);
      this.smallRun = part.length < smallChunkBytes ? this.smallRun + 1 : 0;
      if (this.smallRun === smallChunksBeforeGathering) this.gatherSmall();
    }
  }

  /** Bounds the number of objects that a client can make us keep by sending crumbs. */
  private gatherSmall(): void {
    const small = this.payload.splice(-smallChunksBeforeGathering);
    this.payload.push(Buffer.concat(small));
    this.smallRun = 0;
  }

  private finishedPayload(): readonly Uint8Array[] {
    return this.payload.length > maximumPayloadChunks ? [Buffer.concat(this.payload)] : this.payload;
  }

  /** Up to `limitBytes` of the first chunk, as a part of it. At least one byte must have been received. */
  private takePart(limitBytes: number): Uint8Array {
    const first = this.chunks[0] as Buffer;
    const end = Math.min(first.length, this.start + limitBytes);
    const part = this.start === 0 && end === first.length ? first : first.subarray(this.start, end);
    this.consume(end - this.start);
    return part;
  }

  private consume(bytes: number): void {
    this.receivedBytes -= bytes;
    this.start += bytes;
    const first = this.chunks[0];
    if (first !== undefined && this.start === first.length) {
      this.chunks.shift();
      this.start = 0;
    }
  }
}

function readHeader(bytes: Buffer, at: number): ParseResult {
  if (bytes.readUInt32BE(at) !== requestMagic) return { kind: 'garbage' };
  const request: NbdRequest = {
    flags: bytes.readUInt16BE(at + 4),
    type: bytes.readUInt16BE(at + 6),
    cookieHigh: bytes.readUInt32BE(at + 8),
    cookieLow: bytes.readUInt32BE(at + 12),
    offsetBytes: bytes.readUInt32BE(at + 16) * 2 ** 32 + bytes.readUInt32BE(at + 20),
    lengthBytes: bytes.readUInt32BE(at + 24),
    payload: noPayload,
  };
  return { kind: 'request', request };
}

import type { AllocationRun } from '../disk/block-device.ts';
import {
  allocationContext,
  chunkFlagDone,
  chunkHeaderBytes,
  chunkType,
  dataChunkHeaderBytes,
  replyHeaderBytes,
  simpleReplyMagic,
  structuredReplyMagic,
  type NbdErrno,
} from './protocol.ts';
import type { NbdRequest } from './request-parser.ts';

/** The longest text that a failure is explained with; error codes are shorter. */
const maximumMessageBytes = 64;

/**
 * How replies look on the wire; which of the two is agreed on in the negotiation. All functions write at a
 * place in `bytes` where there is room, and return how much of it they used.
 */
export interface ReplyFormat {
  /** What lies before the data of a read. */
  readonly dataHeaderBytes: number;
  /** What any reply takes at the least, whatever comes of the request. */
  readonly leastBytes: number;
  /** The reply to a read, whose data is in its place already. */
  writeData(bytes: Buffer, at: number, request: NbdRequest): number;
  /** The reply to a request that is answered without data. */
  writeDone(bytes: Buffer, at: number, request: NbdRequest): number;
  /** `message` is text for people, or empty. */
  writeError(bytes: Buffer, at: number, request: NbdRequest, errno: NbdErrno, message: string): number;
}

export const simpleReplies: ReplyFormat = {
  dataHeaderBytes: replyHeaderBytes,
  leastBytes: replyHeaderBytes,
  writeData: (bytes, at, request) => writeSimple(bytes, at, request, 0) + request.lengthBytes,
  writeDone: (bytes, at, request) => writeSimple(bytes, at, request, 0),
  writeError: writeSimple,
};

/** What needs no chunk, because nothing belongs to it, is still answered with a simple reply: it is the shorter. */
export const structuredReplies: ReplyFormat = {
  dataHeaderBytes: dataChunkHeaderBytes,
  leastBytes: chunkHeaderBytes + 6 + maximumMessageBytes,
  writeData: (bytes, at, request) => {
    if (request.lengthBytes === 0) {
      // A chunk of data has some.
      writeChunkHeader(bytes, at, request, chunkType.none, 0);
      return chunkHeaderBytes;
    }
    writeChunkHeader(bytes, at, request, chunkType.offsetData, 8 + request.lengthBytes);
    writeUInt64(bytes, at + chunkHeaderBytes, request.offsetBytes);
    return dataChunkHeaderBytes + request.lengthBytes;
  },
  writeDone: (bytes, at, request) => writeSimple(bytes, at, request, 0),
  writeError: (bytes, at, request, errno, message) => {
    const text = message.slice(0, maximumMessageBytes);
    writeChunkHeader(bytes, at, request, chunkType.error, 6 + text.length);
    bytes.writeUInt32BE(errno, at + chunkHeaderBytes);
    bytes.writeUInt16BE(text.length, at + chunkHeaderBytes + 4);
    bytes.write(text, at + chunkHeaderBytes + 6, 'latin1');
    return chunkHeaderBytes + 6 + text.length;
  },
};

/** The chunk that tells block status, of `blockStatusBytes(runs)`. */
export function writeBlockStatus(
  bytes: Buffer,
  at: number,
  request: NbdRequest,
  runs: readonly AllocationRun[],
): number {
  const totalBytes = blockStatusBytes(runs);
  writeChunkHeader(bytes, at, request, chunkType.blockStatus, totalBytes - chunkHeaderBytes);
  bytes.writeUInt32BE(allocationContext.id, at + chunkHeaderBytes);
  let to = at + chunkHeaderBytes + 4;
  for (const { lengthBytes, isAllocated } of runs) {
    bytes.writeUInt32BE(lengthBytes, to);
    bytes.writeUInt32BE(isAllocated ? 0 : allocationContext.hole | allocationContext.zero, to + 4);
    to += 8;
  }
  return totalBytes;
}

export function blockStatusBytes(runs: readonly AllocationRun[]): number {
  return chunkHeaderBytes + 4 + 8 * runs.length;
}

function writeSimple(bytes: Buffer, at: number, request: NbdRequest, errno: NbdErrno | 0): number {
  bytes.writeUInt32BE(simpleReplyMagic, at);
  bytes.writeUInt32BE(errno, at + 4);
  bytes.writeUInt32BE(request.cookieHigh, at + 8);
  bytes.writeUInt32BE(request.cookieLow, at + 12);
  return replyHeaderBytes;
}

function writeChunkHeader(bytes: Buffer, at: number, request: NbdRequest, type: number, lengthBytes: number): void {
  bytes.writeUInt32BE(structuredReplyMagic, at);
  bytes.writeUInt16BE(chunkFlagDone, at + 4);
  bytes.writeUInt16BE(type, at + 6);
  bytes.writeUInt32BE(request.cookieHigh, at + 8);
  bytes.writeUInt32BE(request.cookieLow, at + 12);
  bytes.writeUInt32BE(lengthBytes, at + 16);
}

function writeUInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

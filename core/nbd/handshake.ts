import type { BlockDevice } from '../disk/block-device.ts';
import { asksForAllocation, parseMetaContextRequest } from './meta-context.ts';
import {
  allocationContext,
  handshakeFlag,
  info,
  initialMagic,
  maximumNameBytes,
  maximumPayloadBytes,
  minimumBlockBytes,
  option,
  optionMagic,
  optionReply,
  optionReplyMagic,
  preferredBlockBytes,
  transmissionFlag,
} from './protocol.ts';

/** What client and server have agreed on for the transmission phase. */
export interface TransmissionTerms {
  /** Reads are answered with chunks, and so are failures. */
  readonly isStructured: boolean;
  /** The client has chosen `base:allocation` and may ask for block status. */
  readonly hasAllocationContext: boolean;
}

/**
 * What the negotiation came to: `transmission` begins with the bytes that were received behind it,
 * `ended` means that the connection is to be closed after what was sent.
 */
export type HandshakeResult =
  | {
      readonly kind: 'transmission';
      readonly device: BlockDevice;
      readonly terms: TransmissionTerms;
      readonly rest: Buffer;
    }
  | { readonly kind: 'ended' };

const clientFlagsBytes = 4;
const optionHeaderBytes = 16;
/** An option that says to be longer ends the connection; the longest legitimate ones hold a name and some queries. */
const maximumOptionBytes = 4 * maximumNameBytes;
/** A client that asks so often will not come to the point. */
const maximumOptions = 1000;

/**
 * The server's side of fixed newstyle negotiation. Bytes in, bytes out, no socket: `receive` takes what
 * arrived, in any pieces, calls `send` with the answers and returns the result once there is one. A chunk
 * may be overwritten after the call, unless it is part of the result.
 */
export class Handshake {
  private received: Buffer = Buffer.alloc(0);
  private hasClientFlags = false;
  private isNoZeroes = false;
  private isStructured = false;
  /** The export for which `base:allocation` is chosen; the choice does not hold for another. */
  private allocationOf: string | undefined;
  private optionCount = 0;

  /** Without `offersStructured`, a client that asks for structured replies is told that there are none. */
  constructor(
    private readonly exports: ReadonlyMap<string, BlockDevice>,
    private readonly offersStructured: boolean,
    private readonly send: (bytes: Buffer) => void,
  ) {}

  /** The greeting; the server speaks first. */
  begin(): void {
    const greeting = Buffer.alloc(18);
    greeting.writeBigUInt64BE(initialMagic, 0);
    greeting.writeBigUInt64BE(optionMagic, 8);
    greeting.writeUInt16BE(handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes, 16);
    this.send(greeting);
  }

  receive(chunk: Buffer): HandshakeResult | undefined {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    if (!this.hasClientFlags) {
      if (this.received.length < clientFlagsBytes) {
        this.received = Buffer.from(this.received);
        return undefined;
      }
      const flags = this.take(clientFlagsBytes).readUInt32BE(0);
      const known = handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes;
      if ((flags & ~known) !== 0) return { kind: 'ended' };
      this.hasClientFlags = true;
      this.isNoZeroes = (flags & handshakeFlag.noZeroes) !== 0;
    }
    const result = this.receiveOptions();
    // The chunk's memory is received into again.
    if (result === undefined) this.received = Buffer.from(this.received);
    return result;
  }

  private receiveOptions(): HandshakeResult | undefined {
    while (this.received.length >= optionHeaderBytes) {
      if (this.received.readBigUInt64BE(0) !== optionMagic) return { kind: 'ended' };
      const kind = this.received.readUInt32BE(8);
      const lengthBytes = this.received.readUInt32BE(12);
      if (lengthBytes > maximumOptionBytes || this.optionCount === maximumOptions) return { kind: 'ended' };
      if (this.received.length < optionHeaderBytes + lengthBytes) return undefined;
      this.take(optionHeaderBytes);
      this.optionCount += 1;
      const result = this.answerOption(kind, this.take(lengthBytes));
      if (result !== undefined) return result;
    }
    return undefined;
  }

  private answerOption(kind: number, data: Buffer): HandshakeResult | undefined {
    switch (kind) {
      case option.exportName:
        return this.answerExportName(data.toString('utf8'));
      case option.abort:
        this.reply(kind, optionReply.ack);
        return { kind: 'ended' };
      case option.list:
        this.answerList(data);
        return undefined;
      case option.info:
      case option.go:
        return this.answerInfo(kind, data);
      case option.structuredReply:
        this.answerStructuredReply(data);
        return undefined;
      case option.listMetaContext:
      case option.setMetaContext:
        this.answerMetaContext(kind, data);
        return undefined;
      default:
        this.reply(kind, optionReply.errorUnsupported);
        return undefined;
    }
  }

  /** The oldest way in: there is no way to say no but to hang up. */
  private answerExportName(name: string): HandshakeResult {
    const device = this.exports.get(name);
    if (device === undefined) return { kind: 'ended' };
    const answer = Buffer.alloc(this.isNoZeroes ? 10 : 134);
    this.writeExport(answer, 0, device);
    this.send(answer);
    return this.enter(name, device);
  }

  private answerStructuredReply(data: Buffer): void {
    if (!this.offersStructured) {
      this.reply(option.structuredReply, optionReply.errorUnsupported);
      return;
    }
    if (data.length === 0) this.isStructured = true;
    this.reply(option.structuredReply, data.length === 0 ? optionReply.ack : optionReply.errorInvalid);
  }

  private answerMetaContext(kind: number, data: Buffer): void {
    if (!this.offersStructured) {
      this.reply(kind, optionReply.errorUnsupported);
      return;
    }
    const isChoice = kind === option.setMetaContext;
    if (isChoice) this.allocationOf = undefined;
    const asked = parseMetaContextRequest(data);
    // Block status is told in chunks, so those come first.
    if (asked === undefined || (isChoice && !this.isStructured)) {
      this.reply(kind, optionReply.errorInvalid);
      return;
    }
    if (!this.exports.has(asked.exportName)) {
      this.reply(kind, optionReply.errorUnknownExport);
      return;
    }
    if (asksForAllocation(kind, asked)) {
      if (isChoice) this.allocationOf = asked.exportName;
      const answer = Buffer.alloc(4 + allocationContext.name.length);
      answer.writeUInt32BE(isChoice ? allocationContext.id : 0, 0);
      answer.write(allocationContext.name, 4, 'ascii');
      this.reply(kind, optionReply.metaContext, answer);
    }
    this.reply(kind, optionReply.ack);
  }

  private answerList(data: Buffer): void {
    if (data.length > 0) {
      this.reply(option.list, optionReply.errorInvalid);
      return;
    }
    for (const name of this.exports.keys()) {
      const text = Buffer.from(name, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      this.reply(option.list, optionReply.server, Buffer.concat([length, text]));
    }
    this.reply(option.list, optionReply.ack);
  }

  private answerInfo(kind: number, data: Buffer): HandshakeResult | undefined {
    const asked = parseInfoRequest(data);
    if (asked === undefined) {
      this.reply(kind, optionReply.errorInvalid);
      return undefined;
    }
    const device = this.exports.get(asked.name);
    if (device === undefined) {
      this.reply(kind, optionReply.errorUnknownExport);
      return undefined;
    }
    const answer = Buffer.alloc(12);
    answer.writeUInt16BE(info.export, 0);
    this.writeExport(answer, 2, device);
    this.reply(kind, optionReply.info, answer);
    if (asked.kinds.includes(info.blockSize)) this.reply(kind, optionReply.info, blockSizeInfo(device));
    this.reply(kind, optionReply.ack);
    return kind === option.go ? this.enter(asked.name, device) : undefined;
  }

  private enter(name: string, device: BlockDevice): HandshakeResult {
    const terms = { isStructured: this.isStructured, hasAllocationContext: this.allocationOf === name };
    return { kind: 'transmission', device, terms, rest: this.received };
  }

  /** Size and flags, 10 bytes. */
  private writeExport(target: Buffer, at: number, device: BlockDevice): void {
    const { hasFlags, sendFlush, sendFua, sendTrim, sendWriteZeroes, sendFastZero, sendDf, canMultiConn, readOnly } =
      transmissionFlag;
    const always = hasFlags | sendFlush | canMultiConn | (this.isStructured ? sendDf : 0);
    const changes = sendFua | sendTrim | sendWriteZeroes | sendFastZero;
    target.writeBigUInt64BE(BigInt(device.sizeBytes), at);
    target.writeUInt16BE(always | (device.isWritable ? changes : readOnly), at + 8);
  }

  private reply(kind: number, type: number, data: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(20);
    header.writeBigUInt64BE(optionReplyMagic, 0);
    header.writeUInt32BE(kind, 8);
    header.writeUInt32BE(type, 12);
    header.writeUInt32BE(data.length, 16);
    this.send(data.length === 0 ? header : Buffer.concat([header, data]));
  }

  private take(bytes: number): Buffer {
    const taken = this.received.subarray(0, bytes);
    this.received = this.received.subarray(bytes);
    return taken;
  }
}

/** Whoever asks promises to keep to the answer, so a client that can align is told to. */
function blockSizeInfo(device: BlockDevice): Buffer {
  const answer = Buffer.alloc(14);
  answer.writeUInt16BE(info.blockSize, 0);
  answer.writeUInt32BE(device.sizeBytes % minimumBlockBytes === 0 ? minimumBlockBytes : 1, 2);
  answer.writeUInt32BE(preferredBlockBytes, 6);
  answer.writeUInt32BE(maximumPayloadBytes, 10);
  return answer;
}

/** Name and wanted kinds of INFO and GO, or `undefined` if the lengths don't add up. */
function parseInfoRequest(data: Buffer): { name: string; kinds: number[] } | undefined {
  if (data.length < 6) return undefined;
  const nameBytes = data.readUInt32BE(0);
  if (nameBytes > maximumNameBytes || data.length < 6 + nameBytes) return undefined;
  const count = data.readUInt16BE(4 + nameBytes);
  if (data.length !== 6 + nameBytes + 2 * count) return undefined;
  const kinds = Array.from({ length: count }, (_, index) => data.readUInt16BE(6 + nameBytes + 2 * index));
  return { name: data.toString('utf8', 4, 4 + nameBytes), kinds };
}

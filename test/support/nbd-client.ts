import { connect, type Socket } from 'node:net';
import {
  command,
  option,
  optionMagic,
  requestMagic,
  simpleReplyMagic,
  structuredReplyMagic,
} from '../../core/nbd/protocol.ts';

export interface OptionReply {
  type: number;
  data: Buffer;
}

/**
 * A client that says exactly what a test wants, wrong things included. It knows nothing of the server's
 * code but the numbers of the protocol. `close` drops the connection without a word.
 */
export class NbdTestClient {
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private isEnded = false;
  private wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received.push(chunk);
      this.receivedBytes += chunk.length;
      this.wake();
    });
    const end = (): void => {
      this.isEnded = true;
      this.wake();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Connects and reads the greeting. */
  static async connect(socketPath: string): Promise<NbdTestClient> {
    const socket = connect(socketPath);
    const client = new NbdTestClient(socket);
    await client.take(18);
    return client;
  }

  /** Connects and goes as far as the transmission phase. */
  static async open(socketPath: string, name = ''): Promise<NbdTestClient> {
    const client = await NbdTestClient.connect(socketPath);
    client.sendClientFlags(3);
    const replies = await client.option(option.go, infoRequest(name));
    if (replies.at(-1)?.type !== 1) throw new Error('the server refused the export');
    return client;
  }

  /** The same with structured replies and, where `isStatusWanted`, the context `base:allocation`. */
  static async openStructured(socketPath: string, isStatusWanted = true, name = ''): Promise<NbdTestClient> {
    const client = await NbdTestClient.connect(socketPath);
    client.sendClientFlags(3);
    const questions: [number, Buffer][] = [[option.structuredReply, Buffer.alloc(0)]];
    if (isStatusWanted) questions.push([option.setMetaContext, metaContextRequest(name, ['base:allocation'])]);
    questions.push([option.go, infoRequest(name)]);
    for (const [kind, data] of questions) {
      if ((await client.option(kind, data)).at(-1)?.type !== 1)
        throw new Error(`the server refused option ${String(kind)}`);
    }
    return client;
  }

  sendClientFlags(flags: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(flags);
    this.socket.write(bytes);
  }

  /** Sends an option and collects its replies up to the last one. */
  async option(kind: number, data: Buffer = Buffer.alloc(0)): Promise<OptionReply[]> {
    this.socket.write(optionBytes(kind, data));
    const replies: OptionReply[] = [];
    for (;;) {
      const header = await this.take(20);
      const reply = { type: header.readUInt32BE(12), data: await this.take(header.readUInt32BE(16)) };
      replies.push(reply);
      if (reply.type === 1 || reply.type >= 0x8000_0000) return replies;
    }
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next reply: error number, cookie, and `payloadBytes` of data if it is no error. */
  async reply(payloadBytes = 0): Promise<{ errno: number; cookie: bigint; data: Buffer }> {
    const header = await this.take(16);
    if (header.readUInt32BE(0) !== simpleReplyMagic) throw new Error('not a simple reply');
    const errno = header.readUInt32BE(4);
    const data = errno === 0 ? await this.take(payloadBytes) : Buffer.alloc(0);
    return { errno, cookie: header.readBigUInt64BE(8), data };
  }

  /** The next chunk of a structured reply. */
  async chunk(): Promise<{ flags: number; type: number; cookie: bigint; data: Buffer }> {
    const header = await this.take(20);
    if (header.readUInt32BE(0) !== structuredReplyMagic) throw new Error('not a structured reply');
    const data = await this.take(header.readUInt32BE(16));
    return { flags: header.readUInt16BE(4), type: header.readUInt16BE(6), cookie: header.readBigUInt64BE(8), data };
  }

  /** Asks for block status: the context's number, and pairs of length and flags. */
  async status(
    offsetBytes: number,
    lengthBytes: number,
    flags = 0,
  ): Promise<{ context: number; runs: [lengthBytes: number, flags: number][] }> {
    this.send(requestBytes({ type: command.blockStatus, offsetBytes, lengthBytes, flags }));
    const { type, data } = await this.chunk();
    if (type !== 5) throw new Error(`a chunk of type ${String(type)} where status was asked`);
    const runs = Array.from({ length: (data.length - 4) / 8 }, (_, index): [number, number] => [
      data.readUInt32BE(4 + 8 * index),
      data.readUInt32BE(8 + 8 * index),
    ]);
    return { context: data.readUInt32BE(0), runs };
  }

  async request(fields: RequestFields, payload?: Buffer): Promise<{ errno: number; data: Buffer }> {
    this.send(Buffer.concat([requestBytes(fields), payload ?? Buffer.alloc(0)]));
    return this.reply(fields.type === command.read ? (fields.lengthBytes ?? 0) : 0);
  }

  /** Resolves when the server has closed; fails if it says anything before. */
  async untilClosed(): Promise<void> {
    while (!this.isEnded) await this.more();
    if (this.receivedBytes > 0) throw new Error(`the server sent ${String(this.receivedBytes)} more bytes`);
  }

  close(): void {
    this.socket.destroy();
  }

  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    const [all] = this.received as [Buffer];
    this.received = [all.subarray(bytes)];
    this.receivedBytes -= bytes;
    return taken;
  }

  /** The next bytes, which stay to be taken. */
  async peek(bytes: number): Promise<Buffer> {
    while (this.receivedBytes < bytes) {
      if (this.isEnded) throw new Error('the server closed the connection');
      await this.more();
    }
    const all = this.received.length === 1 ? (this.received[0] as Buffer) : Buffer.concat(this.received);
    this.received = [all];
    return all.subarray(0, bytes);
  }

  private more(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

export interface RequestFields {
  type: number;
  flags?: number;
  cookie?: bigint;
  offsetBytes?: number | bigint;
  lengthBytes?: number;
  magic?: number;
}

export function requestBytes(fields: RequestFields): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(fields.magic ?? requestMagic, 0);
  bytes.writeUInt16BE(fields.flags ?? 0, 4);
  bytes.writeUInt16BE(fields.type, 6);
  bytes.writeBigUInt64BE(fields.cookie ?? 7n, 8);
  bytes.writeBigUInt64BE(BigInt(fields.offsetBytes ?? 0), 16);
  bytes.writeUInt32BE(fields.lengthBytes ?? 0, 24);
  return bytes;
}

export function optionBytes(kind: number, data: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeBigUInt64BE(optionMagic, 0);
  header.writeUInt32BE(kind, 8);
  header.writeUInt32BE(data.length, 12);
  return Buffer.concat([header, data]);
}

/** The data of INFO and GO: a name and the kinds of information wanted. */
export function infoRequest(name: string, kinds: readonly number[] = []): Buffer {
  const text = Buffer.from(name, 'utf8');
  const bytes = Buffer.alloc(4 + text.length + 2 + 2 * kinds.length);
  bytes.writeUInt32BE(text.length, 0);
  text.copy(bytes, 4);
  bytes.writeUInt16BE(kinds.length, 4 + text.length);
  kinds.forEach((kind, index) => bytes.writeUInt16BE(kind, 6 + text.length + 2 * index));
  return bytes;
}

/** The data of LIST_META_CONTEXT and SET_META_CONTEXT. */
export function metaContextRequest(name: string, queries: readonly string[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(queries.length);
  return Buffer.concat([counted(name), count, ...queries.map(counted)]);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

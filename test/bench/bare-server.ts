import { createServer, type Socket } from 'node:net';
import {
  command,
  handshakeFlag,
  info,
  initialMagic,
  option,
  optionMagic,
  optionReply,
  optionReplyMagic,
  replyHeaderBytes,
  requestHeaderBytes,
  simpleReplyMagic,
  transmissionFlag,
} from '../../core/nbd/protocol.ts';

/**
 * Answers 4 KiB reads over NBD from one piece of memory, with simple replies: no disk, no lookup, no read. Whatever a
 * client takes of it a second is all that it can take of anybody on this machine.
 *
 * Arguments: the socket's path, and the size to announce in bytes. Knows what fio's client asks, and nothing else.
 */
const [socketPath, sizeBytes] = process.argv.slice(2);
if (socketPath === undefined || sizeBytes === undefined) throw new Error('usage: bare-server SOCKET BYTES');

const READ_BYTES = 4096;
const REPLY_BYTES = replyHeaderBytes + READ_BYTES;
/** More than a client of queue depth 32 can have on their way: a place is free when its turn comes again. */
const REPLIES = 64;
/** What is sent at once: as much as stays in a processor's cache. */
const MOST_AT_ONCE = 4;

createServer((socket) => {
  socket.on('error', () => undefined);
  const greeting = Buffer.alloc(18);
  greeting.writeBigUInt64BE(initialMagic, 0);
  greeting.writeBigUInt64BE(optionMagic, 8);
  greeting.writeUInt16BE(handshakeFlag.fixedNewstyle | handshakeFlag.noZeroes, 16);
  socket.write(greeting);
  negotiate(socket);
}).listen(socketPath);

function negotiate(socket: Socket): void {
  let received = Buffer.alloc(0);
  let hasFlags = false;
  const take = (bytes: number): Buffer => {
    const taken = received.subarray(0, bytes);
    received = received.subarray(bytes);
    return taken;
  };
  const onData = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    if (!hasFlags && received.length >= 4) {
      take(4);
      hasFlags = true;
    }
    while (hasFlags && received.length >= 16 && received.length >= 16 + received.readUInt32BE(12)) {
      const asked = received.readUInt32BE(8);
      take(16 + received.readUInt32BE(12));
      const reply = (kind: number, payload = Buffer.alloc(0)) => {
        const head = Buffer.alloc(20);
        head.writeBigUInt64BE(optionReplyMagic, 0);
        head.writeUInt32BE(asked, 8);
        head.writeUInt32BE(kind, 12);
        head.writeUInt32BE(payload.length, 16);
        socket.write(Buffer.concat([head, payload]));
      };
      if (asked !== option.go && asked !== option.info) {
        reply(asked === option.abort ? optionReply.ack : optionReply.errorUnsupported);
        continue;
      }
      const known = Buffer.alloc(12);
      known.writeUInt16BE(info.export, 0);
      known.writeBigUInt64BE(BigInt(sizeBytes as string), 2);
      known.writeUInt16BE(transmissionFlag.hasFlags | transmissionFlag.readOnly, 10);
      reply(optionReply.info, known);
      reply(optionReply.ack);
      if (asked === option.info) continue;
      socket.off('data', onData);
      answerReads(socket);
      return;
    }
  };
  socket.on('data', onData);
}

function answerReads(socket: Socket): void {
  const replies = Buffer.alloc(REPLIES * REPLY_BYTES, 7);
  for (let place = 0; place < REPLIES; place++) {
    replies.writeUInt32BE(simpleReplyMagic, place * REPLY_BYTES);
    replies.writeUInt32BE(0, place * REPLY_BYTES + 4);
  }
  let next = 0;
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const requests = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = requests.length - (requests.length % requestHeaderBytes);
    let first = next;
    const send = (): void => {
      if (next > first) socket.write(replies.subarray(first * REPLY_BYTES, next * REPLY_BYTES));
      next %= REPLIES;
      first = next;
    };
    for (let at = 0; at < whole; at += requestHeaderBytes) {
      if (requests.readUInt16BE(at + 6) === command.disconnect) {
        socket.end();
        return;
      }
      requests.copy(replies, next * REPLY_BYTES + 8, at + 8, at + 16);
      next++;
      if (next === REPLIES || next - first === MOST_AT_ONCE) send();
    }
    send();
    rest = Buffer.from(requests.subarray(whole));
  });
}

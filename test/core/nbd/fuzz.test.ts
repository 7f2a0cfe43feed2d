import { describe, expect, it, onTestFinished } from 'vitest';
import { option } from '../../../core/nbd/protocol.ts';
import { startNbdServer, type NbdServer } from '../../../core/nbd/server.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { infoRequest, metaContextRequest, NbdTestClient, optionBytes, requestBytes } from '../../support/nbd-client.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** Streams of each seed; every one is a connection of its own. */
const streams = 60;
const deviceBytes = 2 * 1024 * 1024;
/** A stream that is neither answered nor ended by then hangs. */
const patienceMs = 10_000;

/** What a well-behaved client says, in the messages that it consists of. */
function conversation(random: SeededRandom): Buffer[] {
  const flags = Buffer.alloc(4);
  flags.writeUInt32BE(3);
  const messages: Buffer[] = [flags];
  const say = (kind: number, data: Buffer = Buffer.alloc(0)) => messages.push(optionBytes(kind, data));
  if (random.below(2) === 0) say(option.list);
  if (random.below(3) > 0) {
    say(option.structuredReply);
    say(option.listMetaContext, metaContextRequest('disk', random.below(2) === 0 ? [] : ['base:', 'qemu:']));
    say(option.setMetaContext, metaContextRequest('disk', ['base:allocation']));
  }
  say(option.info, infoRequest('disk', [3]));
  if (random.below(5) === 0) messages.push(optionBytes(option.exportName, Buffer.from('disk')));
  else say(option.go, infoRequest('disk', [0, 3]));
  for (let count = 20 + random.below(20); count > 0; count--) messages.push(...request(random));
  messages.push(requestBytes({ type: 2 }));
  return messages;
}

function request(random: SeededRandom): Buffer[] {
  const type = random.pick([0, 0, 1, 1, 3, 4, 6, 7]);
  const lengthBytes = type === 3 ? 0 : 1 + random.below(40_000);
  const offsetBytes = type === 3 ? 0 : random.below(deviceBytes - lengthBytes);
  const header = requestBytes({ type, offsetBytes, lengthBytes, flags: random.below(8) === 0 ? 1 : 0 });
  return type === 1 ? [header, Buffer.from(random.bytes(lengthBytes))] : [header];
}

/** Spoils a conversation in some places: bits, bytes, fields of extreme values, parts that are missing or come twice. */
function spoil(messages: Buffer[], random: SeededRandom): Buffer {
  const spoiled: Buffer[] = messages.map((message) => Buffer.from(message));
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    const index = random.below(spoiled.length);
    const message = spoiled[index] as Buffer;
    const at = random.below(Math.min(message.length, 64));
    switch (random.below(7)) {
      case 0:
        message[at] = (message[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        message[at] = random.below(256);
        break;
      case 2:
        for (let byte = at & ~3; byte < Math.min(message.length, (at & ~3) + 4); byte++) message[byte] = 0xff;
        break;
      case 3:
        for (let byte = at & ~3; byte < Math.min(message.length, (at & ~3) + 4); byte++) message[byte] = 0;
        break;
      case 4:
        spoiled[index] = message.subarray(0, at);
        break;
      case 5:
        spoiled.splice(index, 0, message);
        break;
      default:
        spoiled.splice(index, 1, Buffer.concat([message, Buffer.from(random.bytes(1 + random.below(50)))]));
    }
  }
  return Buffer.concat(spoiled);
}

/** Sends a stream in pieces and says no more; resolves when the server has ended the connection. */
async function send(server: NbdServer, stream: Buffer, random: SeededRandom): Promise<void> {
  const client = await NbdTestClient.connect(server.socketPath);
  client.socket.removeAllListeners('data').resume();
  const ended = new Promise((resolve) => client.socket.once('close', resolve));
  for (let at = 0; at < stream.length;) {
    const to = at + 1 + random.below(random.pick([3, 300, 30_000]));
    client.send(stream.subarray(at, to));
    at = to;
    if (random.below(20) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  client.socket.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('the server neither answers nor ends'));
    }, patienceMs);
  });
  await Promise.race([ended, late]).finally(() => {
    clearTimeout(timer);
  });
}

describe.each([1, 2, 3, 4, 5, 6])('spoiled streams, seed %i', (seed) => {
  it.each([false, true])('end, harm nobody else, and cost no memory (device slow: %s)', async (isSlow) => {
    const folder = makeTempFolder();
    const device = new MemoryDevice(deviceBytes, { isSlow });
    const bystander = new MemoryDevice(4096);
    bystander.bytes.fill(7);
    const exports = new Map([
      ['disk', device],
      ['other', bystander],
    ]);
    const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports });
    onTestFinished(async () => {
      await server.close();
      folder.remove();
    });
    const crashes: unknown[] = [];
    const note = (error: unknown) => crashes.push(error);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    const random = new SeededRandom(seed * 1009);
    const client = await NbdTestClient.open(server.socketPath, 'other');
    const before = process.memoryUsage().rss;
    let carriedOut = 0;
    for (let stream = 0; stream < streams; stream++) {
      await send(server, spoil(conversation(random), random), random);
      if (stream % 10 === 0) expect((await client.request({ type: 0, lengthBytes: 4096 })).data[100]).toBe(7);
      carriedOut += device.log.length;
      device.log.length = 0;
    }
    process.off('uncaughtException', note).off('unhandledRejection', note);
    client.close();
    expect(crashes).toEqual([]);
    // Most of a stream is sound, so that it gets to where requests are carried out.
    expect(carriedOut).toBeGreaterThan(5 * streams);
    expect(bystander.log.every((entry) => !/^(write|discard)/.test(entry))).toBe(true);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(300);
  });
});

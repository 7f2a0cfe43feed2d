import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { command } from '../../../core/nbd/protocol.ts';
import { ReceiveMemory } from '../../../core/nbd/receive-memory.ts';
import { startNbdServer } from '../../../core/nbd/server.ts';
import { receiveInto } from '../../../core/nbd/socket-input.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { NbdTestClient, requestBytes } from '../../support/nbd-client.ts';
import { SeededRandom } from '../../bench/random.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const megabyte = 1024 * 1024;

describe('ReceiveMemory', () => {
  const quiet = { missingPayloadBytes: 0, isHolding: false, hasPendingWrites: false };

  it('gives the same memory as long as nothing in it is used', () => {
    const memory = new ReceiveMemory();
    expect(memory.next(quiet).buffer).toBe(memory.next(quiet).buffer);
  });

  it('gives other memory while something is held or written', () => {
    const memory = new ReceiveMemory();
    const head = memory.next(quiet).buffer;
    expect(memory.next({ ...quiet, isHolding: true }).buffer).not.toBe(head);
    expect(memory.next({ ...quiet, hasPendingWrites: true }).buffer).not.toBe(head);
    expect(memory.next(quiet).buffer).toBe(head);
  });

  it('gives exactly the rest of a payload, apart from the head', () => {
    const memory = new ReceiveMemory();
    const head = memory.next(quiet).buffer;
    const rest = memory.next({ missingPayloadBytes: 1000, isHolding: true, hasPendingWrites: false });
    expect(rest.length).toBe(1000);
    expect(rest.buffer).not.toBe(head);
    const later = memory.next({ missingPayloadBytes: 400, isHolding: true, hasPendingWrites: false });
    expect([later.buffer, later.byteOffset, later.length]).toEqual([rest.buffer, rest.byteOffset + 600, 400]);
  });

  it('leaves a payload that is still written alone', () => {
    const memory = new ReceiveMemory();
    const first = memory.next({ missingPayloadBytes: 1000, isHolding: true, hasPendingWrites: false });
    memory.next({ ...quiet, hasPendingWrites: true });
    const second = memory.next({ missingPayloadBytes: 1000, isHolding: true, hasPendingWrites: true });
    expect(second.buffer).not.toBe(first.buffer);
  });
});

describe.each([1, 2, 3, 4])('a stream of writes and reads, seed %i', (seed) => {
  it.each([false, true])('arrives as it was sent (device slow: %s)', async (isSlow) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(seed * 7919);
    const device = new MemoryDevice(8 * megabyte, { isSlow });
    const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports: new Map([['', device]]) });
    const client = await NbdTestClient.open(server.socketPath);
    const wanted = Buffer.alloc(device.sizeBytes);
    const parts: Buffer[] = [];
    const requests = 120;
    for (let index = 0; index < requests; index++) {
      const largest = [600, 5000, 70_000, 700_000][random.below(4)] ?? 1;
      const lengthBytes = 1 + random.below(largest);
      const offsetBytes = random.below(device.sizeBytes - lengthBytes);
      const payload = Buffer.alloc(lengthBytes, `${String(seed)} ${String(index)} of a stream `);
      payload.copy(wanted, offsetBytes);
      parts.push(requestBytes({ type: command.write, cookie: BigInt(index), offsetBytes, lengthBytes }), payload);
    }
    const stream = Buffer.concat(parts);
    for (let at = 0; at < stream.length;) {
      const to = at + 1 + random.below(300_000);
      client.send(stream.subarray(at, to));
      at = to;
      if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (let index = 0; index < requests; index++) expect((await client.reply()).errno).toBe(0);
    client.close();
    await server.close();
    expect(device.bytes.equals(wanted)).toBe(true);
  });
});

describe('receiveInto', () => {
  it.each(['as it is', 'without access to its memory'])('takes a connection %s to its end', async (how) => {
    using folder = makeTempFolder();
    const received: Buffer[] = [];
    const ended = new Promise<void>((resolve) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) => {
        if (how !== 'as it is') (accepted as unknown as { _handle: object })._handle = withoutUserBuffer(accepted);
        const memory = Buffer.alloc(1000);
        const socket = receiveInto(accepted, {
          next: () => memory,
          received: (chunk) => received.push(Buffer.from(chunk)),
        });
        socket.on('end', () => {
          socket.end('goodbye');
          server.close();
          resolve();
        });
      });
      server.listen(folder.at('socket'));
    });
    const client = connect(folder.at('socket'));
    let answer = '';
    client.on('data', (chunk) => (answer += String(chunk)));
    client.end('x'.repeat(5000));
    await ended;
    await new Promise((resolve) => client.on('close', resolve));
    expect(Buffer.concat(received).toString()).toBe('x'.repeat(5000));
    expect(answer).toBe('goodbye');
    expect(received.length > 1).toBe(how === 'as it is');
  });
});

/** The connection's handle as a Node would have it that does not read into given memory. */
function withoutUserBuffer(socket: Socket): object {
  const handle = (socket as unknown as { _handle: object })._handle;
  return Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
}

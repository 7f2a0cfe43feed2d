// One thing: what a client sees of a server, from the socket to the last flush; long because the protocol is.
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { command, maximumPayloadBytes, nbdErrno, option } from '../../../core/nbd/protocol.ts';
import { startNbdServer, type NbdServer } from '../../../core/nbd/server.ts';
import { CrashingFiles } from '../../support/crashing-files.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { infoRequest, NbdTestClient, requestBytes, type RequestFields } from '../../support/nbd-client.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { makeLink, openDevice } from '../../support/test-chain.ts';

const megabyte = 1024 * 1024;
const { EPERM, EIO, EINVAL, ENOSPC } = nbdErrno;

/** A path in a folder that goes with the test. */
function temporaryPath(...names: string[]): string {
  const folder = makeTempFolder();
  onTestFinished(() => {
    folder.remove();
  });
  return folder.at(...names);
}

async function serve(devices: MemoryDevice | Record<string, MemoryDevice>): Promise<NbdServer> {
  const exports = devices instanceof MemoryDevice ? new Map([['', devices]]) : new Map(Object.entries(devices));
  const server = await startNbdServer({ socketPath: temporaryPath('nbd.sock'), exports });
  onTestFinished(() => server.close());
  return server;
}

async function open(device: MemoryDevice): Promise<NbdTestClient> {
  const server = await serve(device);
  const client = await NbdTestClient.open(server.socketPath);
  onTestFinished(() => {
    client.close();
  });
  return client;
}

describe('the socket', () => {
  it("is the owner's alone, and gone after close", async () => {
    const server = await serve(new MemoryDevice(megabyte));
    expect(statSync(server.socketPath).mode & 0o777).toBe(0o600);
    await server.close();
    await server.close();
    expect(existsSync(server.socketPath)).toBe(false);
  });

  it('takes the place of one that a dead server left, and of no other', async () => {
    const server = await serve(new MemoryDevice(megabyte));
    const again = { socketPath: server.socketPath, exports: new Map() };
    await expect(startNbdServer(again)).rejects.toMatchObject({ code: 'disk.io', details: { errno: 'EADDRINUSE' } });
    const left = `${server.socketPath}.left`;
    renameSync(server.socketPath, left);
    await server.close();
    const heir = await startNbdServer({ socketPath: left, exports: new Map() });
    await heir.close();
    const file = temporaryPath('file');
    writeFileSync(file, 'not a socket', { mode: 0o444 });
    await expect(startNbdServer({ socketPath: file, exports: new Map() })).rejects.toMatchObject({ code: 'disk.io' });
    expect(readFileSync(file, 'utf8')).toBe('not a socket');
    expect(statSync(file).mode & 0o777).toBe(0o444);
  });

  it("says why it can't be made", async () => {
    const socketPath = temporaryPath('missing', 'nbd.sock');
    await expect(startNbdServer({ socketPath, exports: new Map() })).rejects.toMatchObject({
      code: 'disk.io',
      details: { file: socketPath, errno: 'ENOENT' },
    });
  });

  it('is not made under another name where its own is too long', async () => {
    const folder = dirname(temporaryPath('nbd.sock'));
    const before = readdirSync(folder);
    const socketPath = join(folder, 's'.repeat(120));
    await expect(startNbdServer({ socketPath, exports: new Map() })).rejects.toMatchObject({
      code: 'disk.io',
      details: { file: socketPath, errno: 'ENAMETOOLONG' },
    });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('negotiation', () => {
  async function negotiate(devices: Record<string, MemoryDevice>): Promise<NbdTestClient> {
    const server = await serve(devices);
    const client = await NbdTestClient.connect(server.socketPath);
    onTestFinished(() => {
      client.close();
    });
    client.sendClientFlags(3);
    return client;
  }

  it('lists the exports', async () => {
    const client = await negotiate({ one: new MemoryDevice(512), zwei: new MemoryDevice(512) });
    const replies = await client.option(option.list);
    expect(replies.map((reply) => reply.data.toString('utf8', 4))).toEqual(['one', 'zwei', '']);
    expect((await client.option(option.list, Buffer.from('x'))).at(-1)?.type).toBe(0x8000_0003);
  });

  it('tells size, flags and, where asked, block sizes', async () => {
    const client = await negotiate({
      disk: new MemoryDevice(megabyte),
      odd: new MemoryDevice(777, { isWritable: false }),
    });
    const [info, sizes, end] = await client.option(option.info, infoRequest('disk', [3]));
    expect(info?.data.readBigUInt64BE(2)).toBe(1_048_576n);
    expect(info?.data.readUInt16BE(10)).toBe(0b1001_0110_1101);
    expect([2, 6, 10].map((at) => sizes?.data.readUInt32BE(at))).toEqual([512, 4096, maximumPayloadBytes]);
    expect(end?.type).toBe(1);
    const odd = await client.option(option.info, infoRequest('odd', [3]));
    expect(odd[0]?.data.readUInt16BE(10)).toBe(0b1_0000_0111);
    expect(odd[1]?.data.readUInt32BE(2)).toBe(1);
    expect(await client.option(option.info, infoRequest('odd'))).toHaveLength(2);
  });

  it('refuses unknown exports and malformed questions, and goes on', async () => {
    const client = await negotiate({ disk: new MemoryDevice(512) });
    expect((await client.option(option.go, infoRequest('other'))).at(-1)?.type).toBe(0x8000_0006);
    expect((await client.option(option.go, Buffer.from([0, 0, 0, 9, 1, 2]))).at(-1)?.type).toBe(0x8000_0003);
    expect((await client.option(option.go, Buffer.alloc(3))).at(-1)?.type).toBe(0x8000_0003);
    for (const kind of [option.startTls, 11, 999]) {
      expect((await client.option(kind)).at(-1)?.type).toBe(0x8000_0001);
    }
    expect((await client.option(option.go, infoRequest('disk'))).at(-1)?.type).toBe(1);
    expect((await client.request({ type: command.read, lengthBytes: 512 })).errno).toBe(0);
  });

  it('speaks EXPORT_NAME, with and without the zeroes', async () => {
    const server = await serve({ disk: new MemoryDevice(megabyte) });
    for (const [flags, length] of [
      [3, 10],
      [1, 134],
    ] as const) {
      const client = await NbdTestClient.connect(server.socketPath);
      client.sendClientFlags(flags);
      client.send(
        Buffer.concat([
          Buffer.from('IHAVEOPT\0\0\0\x01\0\0\0\x04disk'),
          requestBytes({ type: command.read, lengthBytes: 100 }),
        ]),
      );
      expect((await client.take(length)).readBigUInt64BE(0)).toBe(1_048_576n);
      expect((await client.reply(100)).data).toHaveLength(100);
      client.close();
    }
  });

  it.each([
    ['unknown client flags', Buffer.from([0, 0, 0, 0x10])],
    ['a wrong magic', Buffer.from('\0\0\0\x03IHAVEOTP\0\0\0\x03\0\0\0\0')],
    ['an endless option', Buffer.from('\0\0\0\x03IHAVEOPT\0\0\0\x03\x7f\0\0\0')],
    ['EXPORT_NAME of nothing', Buffer.from('\0\0\0\x03IHAVEOPT\0\0\0\x01\0\0\0\x03foo')],
  ])('hangs up on %s', async (_what, bytes) => {
    const server = await serve({ disk: new MemoryDevice(512) });
    const client = await NbdTestClient.connect(server.socketPath);
    client.send(bytes);
    await client.untilClosed();
    client.close();
  });

  it('acknowledges ABORT', async () => {
    const client = await negotiate({});
    expect((await client.option(option.abort))[0]?.type).toBe(1);
    await client.untilClosed();
  });
});

describe.each([
  ['at once', false],
  ['later', true],
])('requests on a device that finishes %s', (_how, isSlow) => {
  it('reads what was written, at any alignment', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    const client = await open(device);
    const bytes = Buffer.from('written at an odd place');
    expect(
      (await client.request({ type: command.write, offsetBytes: 1001, lengthBytes: bytes.length }, bytes)).errno,
    ).toBe(0);
    const read = await client.request({ type: command.read, offsetBytes: 1000, lengthBytes: bytes.length + 2 });
    expect(read.data.toString()).toBe(`\0${bytes.toString()}\0`);
  });

  it('answers a batch with the right data for every cookie', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    for (let index = 0; index < 200; index++) device.bytes.writeUInt32BE(index, index * 4096);
    const client = await open(device);
    client.send(
      Buffer.concat(
        Array.from({ length: 200 }, (_, index) =>
          requestBytes({ type: command.read, cookie: BigInt(index), offsetBytes: index * 4096, lengthBytes: 4096 }),
        ),
      ),
    );
    for (let index = 0; index < 200; index++) {
      const reply = await client.reply(4096);
      expect(reply.data.readUInt32BE(0)).toBe(Number(reply.cookie));
    }
  });

  it('flushes before it answers FUA', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    const client = await open(device);
    await client.request({ type: command.write, flags: 1, lengthBytes: 4 }, Buffer.from('abcd'));
    await client.request({ type: command.writeZeroes, flags: 3, lengthBytes: 4096 });
    await client.request({ type: command.trim, flags: 1, lengthBytes: 4096 });
    await client.request({ type: command.flush });
    expect(device.log).toEqual([
      'write 0+4',
      'flush',
      'writeZeroes 0+4096',
      'flush',
      'discard 0+4096',
      'flush',
      'flush',
    ]);
  });

  it('turns refusals into error numbers and goes on', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    const client = await open(device);
    device.failures.set('write', new RedoubtError('disk.no-space', 'full', { file: 'x' }));
    device.failures.set('read', new RedoubtError('disk.io', 'bad', { file: 'x', operation: 'read', errno: 'EIO' }));
    device.failures.set('flush', new Error('a bug'));
    expect((await client.request({ type: command.write, lengthBytes: 4 }, Buffer.from('abcd'))).errno).toBe(ENOSPC);
    expect((await client.request({ type: command.read, lengthBytes: 4096 })).errno).toBe(EIO);
    expect((await client.request({ type: command.flush })).errno).toBe(EIO);
    device.failures.clear();
    expect((await client.request({ type: command.read, lengthBytes: 4096 })).errno).toBe(0);
  });

  it('cuts large zeroing into slices and serves others in between', async () => {
    const device = new MemoryDevice(64 * megabyte, { isSlow });
    const client = await open(device);
    client.send(
      requestBytes({ type: command.writeZeroes, cookie: 1n, offsetBytes: megabyte, lengthBytes: 60 * megabyte }),
    );
    client.send(requestBytes({ type: command.read, cookie: 2n, lengthBytes: 512 }));
    expect((await client.reply(512)).cookie).toBe(2n);
    expect((await client.reply()).cookie).toBe(1n);
    const zeroed = device.log.filter((entry) => entry.startsWith('writeZeroes'));
    expect(zeroed).toEqual([
      `writeZeroes ${String(megabyte)}+${String(15 * megabyte)}`,
      ...[1, 2].map((slice) => `writeZeroes ${String(slice * 16 * megabyte)}+${String(16 * megabyte)}`),
      `writeZeroes ${String(48 * megabyte)}+${String(13 * megabyte)}`,
    ]);
  });

  it('finishes what it received when the client says goodbye, then flushes', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    const client = await open(device);
    client.send(
      Buffer.concat([
        requestBytes({ type: command.write, offsetBytes: 0, lengthBytes: 4 }),
        Buffer.from('abcd'),
        requestBytes({ type: command.disconnect }),
        requestBytes({ type: command.write, offsetBytes: 8, lengthBytes: 4 }),
        Buffer.from('late'),
      ]),
    );
    expect((await client.reply()).errno).toBe(0);
    await client.untilClosed();
    expect(device.log).toEqual(['write 0+4', 'flush']);
    expect(device.isClosed).toBe(false);
  });

  it('runs whole requests of a client that vanishes, and no part of a broken one', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    const server = await serve(device);
    const client = await NbdTestClient.open(server.socketPath);
    client.send(
      Buffer.concat([
        requestBytes({ type: command.write, offsetBytes: 0, lengthBytes: 4 }),
        Buffer.from('abcd'),
        requestBytes({ type: command.write, offsetBytes: 4096, lengthBytes: 1000 }),
        Buffer.alloc(999, 1),
      ]),
    );
    await client.reply();
    client.close();
    await server.close();
    expect(device.log).toEqual(['write 0+4', 'flush']);
    expect(device.bytes.subarray(4096, 5096).every((byte) => byte === 0)).toBe(true);
  });
});

describe('requests that are refused', () => {
  const refusals: [string, RequestFields, number][] = [
    ['a read past the end', { type: command.read, offsetBytes: megabyte - 511, lengthBytes: 512 }, EINVAL],
    ['a read far outside', { type: command.read, offsetBytes: 2n ** 64n - 1n, lengthBytes: 512 }, EINVAL],
    ['zeroes past the end', { type: command.writeZeroes, offsetBytes: megabyte, lengthBytes: 1 }, ENOSPC],
    ['a trim past the end', { type: command.trim, offsetBytes: megabyte, lengthBytes: 1 }, EINVAL],
    ['a read that is too long', { type: command.read, lengthBytes: maximumPayloadBytes + 1 }, EINVAL],
    ['an unknown command', { type: 99 }, EINVAL],
    ['unknown flags', { type: command.read, flags: 0x80, lengthBytes: 512 }, EINVAL],
    ['a fast flag of another command', { type: command.trim, flags: 1 << 4, lengthBytes: 512 }, EINVAL],
    [
      'one piece where there are no structured replies',
      { type: command.read, flags: 1 << 2, lengthBytes: 512 },
      EINVAL,
    ],
    ['status that was not agreed on', { type: command.blockStatus, lengthBytes: 512 }, EINVAL],
  ];
  it.each(refusals)('%s', async (_what, fields, errno) => {
    const device = new MemoryDevice(megabyte);
    const client = await open(device);
    client.send(requestBytes(fields));
    expect((await client.reply()).errno).toBe(errno);
    expect((await client.request({ type: command.read, lengthBytes: 512 })).errno).toBe(0);
    expect(device.log).toEqual(['read 0+512']);
  });

  it('a write past the end, its payload skipped', async () => {
    const device = new MemoryDevice(megabyte);
    const client = await open(device);
    const answer = await client.request(
      { type: command.write, offsetBytes: megabyte, lengthBytes: 4 },
      Buffer.from('abcd'),
    );
    expect(answer.errno).toBe(ENOSPC);
    expect((await client.request({ type: command.read, lengthBytes: 512 })).errno).toBe(0);
  });

  it('every change of a read-only export', async () => {
    const client = await open(new MemoryDevice(megabyte, { isWritable: false }));
    expect((await client.request({ type: command.write, lengthBytes: 4 }, Buffer.from('abcd'))).errno).toBe(EPERM);
    expect((await client.request({ type: command.writeZeroes, lengthBytes: 4 })).errno).toBe(EPERM);
    expect((await client.request({ type: command.trim, lengthBytes: 4 })).errno).toBe(EPERM);
    expect((await client.request({ type: command.flush })).errno).toBe(0);
  });

  it('a payload over 32 MiB, and the connection with it', async () => {
    const client = await open(new MemoryDevice(megabyte));
    client.send(requestBytes({ type: command.write, lengthBytes: maximumPayloadBytes + 1 }));
    expect((await client.reply()).errno).toBe(EINVAL);
    await client.untilClosed();
  });

  it('garbage, by hanging up', async () => {
    const client = await open(new MemoryDevice(megabyte));
    client.send(requestBytes({ type: command.read, magic: 1, lengthBytes: 512 }));
    await client.untilClosed();
  });
});

describe('limits', () => {
  it('stops reading requests while more than 64 MiB of answers wait', async () => {
    const device = new MemoryDevice(32 * megabyte);
    const client = await open(device);
    client.socket.pause();
    const read = requestBytes({ type: command.read, lengthBytes: 16 * megabyte });
    client.send(Buffer.concat(Array.from({ length: 20 }, () => read)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(device.log.length).toBeGreaterThanOrEqual(4);
    expect(device.log.length).toBeLessThanOrEqual(6);
    client.socket.resume();
    for (let index = 0; index < 20; index++) expect((await client.reply(16 * megabyte)).errno).toBe(0);
  });

  /** So many requests at once that the server stops reading: two are answered, the others wait for room. */
  async function fill(client: NbdTestClient, device: MemoryDevice, requests: number): Promise<void> {
    client.socket.pause();
    const read = requestBytes({ type: command.read, lengthBytes: maximumPayloadBytes });
    client.send(Buffer.concat(Array.from({ length: requests }, () => read)));
    while (device.log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('reads on when answers behind which no request waited have left', async () => {
    const device = new MemoryDevice(maximumPayloadBytes);
    const client = await open(device);
    await fill(client, device, 2);
    client.send(requestBytes({ type: command.write, lengthBytes: 4 }));
    client.send(Buffer.from('more'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(device.log).toHaveLength(2);
    client.socket.resume();
    for (const payloadBytes of [maximumPayloadBytes, maximumPayloadBytes, 0])
      expect((await client.reply(payloadBytes)).errno).toBe(0);
  });

  it.each([
    ['no request', 0],
    ['a request', 1],
  ])('is closed as soon as the client has fetched its answers, behind which %s waited', async (_what, behind) => {
    const device = new MemoryDevice(maximumPayloadBytes);
    const server = await serve(device);
    const client = await NbdTestClient.open(server.socketPath);
    onTestFinished(() => {
      client.close();
    });
    await fill(client, device, 2 + behind);
    const begun = performance.now();
    const closed = server.close();
    client.socket.resume();
    for (let index = 0; index < 2 + behind; index++) expect((await client.reply(maximumPayloadBytes)).errno).toBe(0);
    await closed;
    // Who is not told that there is room again is cut off after two seconds.
    expect(performance.now() - begun).toBeLessThan(1500);
  });

  it('is closed by a server that does not wait for a client that fetches nothing', async () => {
    const device = new MemoryDevice(32 * megabyte);
    const server = await serve(device);
    const client = await NbdTestClient.open(server.socketPath);
    client.socket.pause();
    const read = requestBytes({ type: command.read, lengthBytes: 32 * megabyte });
    const write = Buffer.concat([requestBytes({ type: command.write, lengthBytes: 4 }), Buffer.from('last')]);
    client.send(Buffer.concat([read, read, read, read, write]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.close();
    expect(device.bytes.toString('utf8', 0, 4)).toBe('last');
    expect(device.log.at(-1)).toBe('flush');
    client.close();
  });

  it('keeps to the order of replies where a device finishes some at once and some later', async () => {
    const device = new MemoryDevice(megabyte, { isSlow: true });
    const client = await open(device);
    let release: () => void = () => undefined;
    device.gate = new Promise((resolve) => {
      release = resolve;
    });
    client.send(requestBytes({ type: command.read, cookie: 1n, lengthBytes: 4096 }));
    client.send(requestBytes({ type: 99, cookie: 2n }));
    expect((await client.reply()).cookie).toBe(2n);
    release();
    expect((await client.reply(4096)).cookie).toBe(1n);
  });
});

describe('several connections to one device', () => {
  it('share their flushes: one covers what was answered on any of them', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const files = new CrashingFiles();
      const disk = makeLink(files, 'base', [65_536], { layer: files });
      const device = openDevice([disk], { layer: files });
      const server = await startNbdServer({ socketPath: temporaryPath('nbd.sock'), exports: new Map([['', device]]) });
      const [writer, flusher] = [
        await NbdTestClient.open(server.socketPath),
        await NbdTestClient.open(server.socketPath),
      ];
      for (let at = 0; at < 8; at++) {
        const payload = Buffer.alloc(5000, at + 1);
        const write = { type: command.write, offsetBytes: at * 100_000, lengthBytes: payload.length };
        expect((await writer.request(write, payload)).errno).toBe(0);
      }
      expect((await flusher.request({ type: command.flush })).errno).toBe(0);
      await writer.request({ type: command.write, offsetBytes: 900_000, lengthBytes: 4 }, Buffer.from('lost'));
      files.crash(new SeededRandom(seed));
      writer.close();
      flusher.close();
      await server.close();
      const again = openDevice([disk], { layer: files });
      for (let at = 0; at < 8; at++) {
        const target = Buffer.alloc(5000);
        await again.read(at * 100_000, target);
        expect(target.equals(Buffer.alloc(5000, at + 1))).toBe(true);
      }
      await again.close();
    }
  });
});

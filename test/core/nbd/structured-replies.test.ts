import { describe, expect, it, onTestFinished } from 'vitest';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { allocationContext, chunkType, command, nbdErrno, option } from '../../../core/nbd/protocol.ts';
import { startNbdServer, type NbdServer } from '../../../core/nbd/server.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { infoRequest, metaContextRequest, NbdTestClient, requestBytes } from '../../support/nbd-client.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const megabyte = 1024 * 1024;
const hole = allocationContext.hole | allocationContext.zero;
const df = 1 << 2;
const reqOne = 1 << 3;
const fastZero = 1 << 4;
const sendDf = 1 << 7;
const invalid = 0x8000_0003;

async function serve(exports: Record<string, MemoryDevice>, replies?: 'simple'): Promise<NbdServer> {
  const folder = makeTempFolder();
  const server = await startNbdServer({
    socketPath: folder.at('nbd.sock'),
    exports: new Map(Object.entries(exports)),
    ...(replies === undefined ? {} : { replies }),
  });
  onTestFinished(async () => {
    await server.close();
    folder.remove();
  });
  return server;
}

async function negotiate(exports: Record<string, MemoryDevice>, replies?: 'simple'): Promise<NbdTestClient> {
  const client = await NbdTestClient.connect((await serve(exports, replies)).socketPath);
  onTestFinished(() => {
    client.close();
  });
  client.sendClientFlags(3);
  return client;
}

async function open(device: MemoryDevice): Promise<NbdTestClient> {
  const client = await NbdTestClient.openStructured((await serve({ '': device })).socketPath);
  onTestFinished(() => {
    client.close();
  });
  return client;
}

it('a server of simple replies says that it has no others, no contexts with them, and answers simply', async () => {
  const device = new MemoryDevice(megabyte);
  device.bytes.fill(7, 0, 512);
  const client = await negotiate({ disk: device }, 'simple');
  for (const [kind, data] of [
    [option.structuredReply, Buffer.alloc(0)],
    [option.listMetaContext, metaContextRequest('disk', [])],
    [option.setMetaContext, metaContextRequest('disk', ['base:allocation'])],
  ] as const)
    expect((await client.option(kind, data)).map(({ type }) => type)).toEqual([0x8000_0001]);
  expect((await client.option(option.go, infoRequest('disk'))).at(-1)?.type).toBe(1);
  const { errno, data } = await client.request({ type: command.read, lengthBytes: 512 });
  expect([errno, data]).toEqual([0, Buffer.alloc(512, 7)]);
});

describe('metadata contexts', () => {
  const namesOf = (replies: { type: number; data: Buffer }[]) =>
    replies.filter((reply) => reply.type === 4).map((reply) => reply.data.toString('utf8', 4));

  it('are listed: all of them, those of a namespace, and none that is unknown', async () => {
    const client = await negotiate({ disk: new MemoryDevice(megabyte) });
    for (const queries of [[], ['base:'], ['base:allocation'], ['qemu:', 'base:allocation']]) {
      const replies = await client.option(option.listMetaContext, metaContextRequest('disk', queries));
      expect(namesOf(replies)).toEqual(['base:allocation']);
    }
    const replies = await client.option(option.listMetaContext, metaContextRequest('disk', ['qemu:allocation-depth']));
    expect(replies.map((reply) => reply.type)).toEqual([1]);
  });

  it('are chosen by name, after structured replies, and for one export', async () => {
    const client = await negotiate({ disk: new MemoryDevice(megabyte), other: new MemoryDevice(megabyte) });
    const set = (name: string, ...queries: string[]) =>
      client.option(option.setMetaContext, metaContextRequest(name, queries));
    expect((await set('disk', 'base:allocation')).map((reply) => reply.type)).toEqual([invalid]);
    expect((await client.option(option.structuredReply, Buffer.from('x')))[0]?.type).toBe(invalid);
    expect((await client.option(option.structuredReply))[0]?.type).toBe(1);
    expect(namesOf(await set('disk', 'base:'))).toEqual([]);
    expect((await set('nobody', 'base:allocation')).at(-1)?.type).toBe(0x8000_0006);
    const [chosen] = await set('other', 'base:allocation');
    expect(chosen?.data.readUInt32BE(0)).toBe(allocationContext.id);
    expect((await client.option(option.go, infoRequest('disk'))).at(-1)?.type).toBe(1);
    client.send(requestBytes({ type: command.blockStatus, lengthBytes: 512 }));
    const refusal = await client.chunk();
    expect([refusal.type, refusal.data.readUInt32BE(0)]).toEqual([chunkType.error, nbdErrno.EINVAL]);
  });

  it('are dropped by the next choice', async () => {
    const client = await negotiate({ disk: new MemoryDevice(megabyte) });
    await client.option(option.structuredReply);
    await client.option(option.setMetaContext, metaContextRequest('disk', ['base:allocation']));
    await client.option(option.setMetaContext, metaContextRequest('disk', []));
    await client.option(option.go, infoRequest('disk'));
    client.send(requestBytes({ type: command.blockStatus, lengthBytes: 512 }));
    expect((await client.chunk()).type).toBe(chunkType.error);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no count', metaContextRequest('disk', []).subarray(0, 10)],
    ['a query too few', metaContextRequest('disk', ['base:']).fill(2, 11, 12)],
    ['a query that is longer than all', Buffer.concat([metaContextRequest('disk', ['base:']).fill(9, 15, 16)])],
    ['bytes too many', Buffer.concat([metaContextRequest('disk', ['base:']), Buffer.alloc(1)])],
  ])('with %s are a malformed question', async (_what, data) => {
    const client = await negotiate({ disk: new MemoryDevice(megabyte) });
    await client.option(option.structuredReply);
    for (const kind of [option.listMetaContext, option.setMetaContext])
      expect((await client.option(kind, data)).map((reply) => reply.type)).toEqual([invalid]);
  });
});

describe.each([
  ['at once', false],
  ['later', true],
])('structured replies of a device that finishes %s', (_how, isSlow) => {
  it('carry the data of reads, in one piece, with its offset', async () => {
    const device = new MemoryDevice(8 * megabyte, { isSlow });
    device.bytes.write('here', 5000);
    const client = await open(device);
    for (const flags of [0, df]) {
      client.send(
        requestBytes({ type: command.read, cookie: 0xfedc_0000_1234n, offsetBytes: 4999, lengthBytes: 6, flags }),
      );
      const { data, ...chunk } = await client.chunk();
      expect(chunk).toEqual({ flags: 1, type: chunkType.offsetData, cookie: 0xfedc_0000_1234n });
      expect(data.readBigUInt64BE(0)).toBe(4999n);
      expect(data.toString('utf8', 8)).toBe('\0here\0');
    }
    client.send(requestBytes({ type: command.read, lengthBytes: 0 }));
    expect(await client.chunk()).toMatchObject({ flags: 1, type: chunkType.none, data: Buffer.alloc(0) });
  });

  it('come in batches, each to its cookie, whatever lies between them', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    for (let index = 0; index < 200; index++) device.bytes.writeUInt32BE(index, index * 4096);
    const client = await open(device);
    const batch = Array.from({ length: 200 }, (_, index) => [
      requestBytes({ type: command.read, cookie: BigInt(index), offsetBytes: index * 4096, lengthBytes: 4096 }),
      requestBytes({ type: index % 2 === 0 ? 99 : command.flush, cookie: 1000n + BigInt(index) }),
    ]);
    client.send(Buffer.concat(batch.flat()));
    for (let answers = 0; answers < 400; answers++) {
      const magic = (await client.peek(4)).readUInt32BE(0);
      if (magic === 0x6744_6698) {
        const reply = await client.reply();
        expect([reply.errno, reply.cookie >= 1000n && reply.cookie % 2n === 1n]).toEqual([0, true]);
        continue;
      }
      const { type, cookie, data } = await client.chunk();
      if (type === chunkType.error) expect([cookie % 2n, data.readUInt32BE(0)]).toEqual([0n, nbdErrno.EINVAL]);
      else expect(BigInt(data.readUInt32BE(8))).toBe(cookie);
    }
  });

  it('carry failures with their code', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    device.failures.set('read', new RedoubtError('disk.io', 'bad', { file: 'x', operation: 'read', errno: 'EIO' }));
    device.failures.set('write', new RedoubtError('disk.no-space', 'full', { file: 'x' }));
    const client = await open(device);
    client.send(requestBytes({ type: command.read, lengthBytes: 4096 }));
    client.send(requestBytes({ type: command.read, lengthBytes: 1 }));
    client.send(Buffer.concat([requestBytes({ type: command.write, lengthBytes: 4 }), Buffer.from('abcd')]));
    for (const [errno, text] of [
      [nbdErrno.EIO, 'disk.io'],
      [nbdErrno.EIO, 'disk.io'],
      [nbdErrno.ENOSPC, 'disk.no-space'],
    ] as const) {
      const { type, data, flags } = await client.chunk();
      expect([type, flags, data.readUInt32BE(0)]).toEqual([chunkType.error, 1, errno]);
      expect(data.readUInt16BE(4)).toBe(data.length - 6);
      expect(data.toString('utf8', 6)).toBe(text);
    }
  });

  it('tell what is allocated', async () => {
    const device = new MemoryDevice(megabyte, { isSlow });
    device.bytes.fill(1, 65536, 131072);
    const client = await open(device);
    expect(await client.status(0, megabyte)).toEqual({
      context: allocationContext.id,
      runs: [
        [65536, hole],
        [65536, 0],
        [megabyte - 131072, hole],
      ],
    });
    expect((await client.status(66000, 100)).runs).toEqual([[100, 0]]);
    expect((await client.status(1, megabyte - 1, reqOne)).runs).toEqual([[65535, hole]]);
  });

  it('hold a bounded number of runs', async () => {
    const device = new MemoryDevice(64 * megabyte, { isSlow });
    for (let at = 0; at < device.sizeBytes; at += 8192) device.bytes[at] = 1;
    const client = await open(device);
    let at = 0;
    let asked = 0;
    while (at < device.sizeBytes) {
      const { runs } = await client.status(at, device.sizeBytes - at);
      expect(runs.length).toBeLessThanOrEqual(2048);
      expect(runs.every(([length]) => length === 4096)).toBe(true);
      at += 4096 * runs.length;
      asked++;
    }
    expect([at, asked]).toEqual([device.sizeBytes, 8]);
  });

  it('refuse status outside the export, and of nothing', async () => {
    const client = await open(new MemoryDevice(megabyte, { isSlow }));
    for (const [offsetBytes, lengthBytes] of [
      [megabyte, 1],
      [0, 0],
      [512, megabyte],
    ] as const) {
      client.send(requestBytes({ type: command.blockStatus, offsetBytes, lengthBytes }));
      expect((await client.chunk()).data.readUInt32BE(0)).toBe(nbdErrno.EINVAL);
    }
  });

  it('let zeroes be fast where nothing is, and only there', async () => {
    const device = new MemoryDevice(64 * megabyte, { isSlow });
    device.bytes[50 * megabyte] = 1;
    const client = await open(device);
    const zero = async (offsetBytes: number, lengthBytes: number): Promise<number> => {
      client.send(requestBytes({ type: command.writeZeroes, flags: fastZero, offsetBytes, lengthBytes }));
      if ((await client.peek(4)).readUInt32BE(0) === 0x6744_6698) return (await client.reply()).errno;
      return (await client.chunk()).data.readUInt32BE(0);
    };
    expect(await zero(0, 40 * megabyte)).toBe(0);
    expect(await zero(0, 64 * megabyte)).toBe(nbdErrno.ENOTSUP);
    expect(await zero(50 * megabyte, 4096)).toBe(nbdErrno.ENOTSUP);
    expect(device.bytes[50 * megabyte]).toBe(1);
    expect(device.log.some((entry) => entry.startsWith('writeZeroes'))).toBe(false);
  });
});

it('one piece is offered with structured replies, and not before', async () => {
  const client = await negotiate({ disk: new MemoryDevice(megabyte) });
  const flags = async () => (await client.option(option.info, infoRequest('disk')))[0]?.data.readUInt16BE(10) ?? 0;
  expect((await flags()) & sendDf).toBe(0);
  await client.option(option.structuredReply);
  expect((await flags()) & sendDf).toBe(sendDf);
});

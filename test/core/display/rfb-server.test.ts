import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  blankFrame,
  wholeOf,
  type DisplaySource,
  type Frame,
  type PointerState,
  type Rectangle,
} from '../../../core/display/display-source.ts';
import { RfbServer } from '../../../core/display/rfb-server.ts';
import { ByteStream } from '../../support/byte-stream.ts';
import { RfbClient } from '../../support/rfb-client.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

class Canvas implements DisplaySource {
  frame: Frame = blankFrame(64, 48);
  private changes: Rectangle[] = [];

  refresh(): readonly Rectangle[] {
    return this.changes.splice(0);
  }

  fill(area: Rectangle, red: number, green: number, blue: number): void {
    for (let y = area.y; y < area.y + area.height; y++) {
      for (let x = area.x; x < area.x + area.width; x++) {
        this.frame.pixels.set([red, green, blue, 0], (y * this.frame.width + x) * 4);
      }
    }
    this.changes.push(area);
  }

  resize(width: number, height: number): void {
    this.frame = blankFrame(width, height);
    this.changes = [wholeOf(this.frame)];
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 3000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it never came true');
    await delay(10);
  }
}

describe('RFB server', () => {
  let folder: TempFolder;
  let canvas: Canvas;
  let server: RfbServer;
  let scancodes: number[];
  let pointers: PointerState[];
  const clients: RfbClient[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    folder = makeTempFolder();
    canvas = new Canvas();
    scancodes = [];
    pointers = [];
    server = await RfbServer.listen({
      socketPath: folder.at('rfb.sock'),
      name: 'Größe',
      source: canvas,
      input: { sendScancodes: (bytes) => scancodes.push(...bytes), movePointer: (state) => pointers.push(state) },
    });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
    expect(existsSync(folder.at('rfb.sock'))).toBe(false);
    folder.remove();
  });

  async function connectClient(options?: { wantsExtendedKeys: boolean }): Promise<RfbClient> {
    const client = await RfbClient.connect(folder.at('rfb.sock'), options);
    clients.push(client);
    await until(() => client.pixelBytes > 0);
    return client;
  }

  /** A client of bytes, past the handshake in version 3.8. */
  async function rawClient(version = '003.008'): Promise<{ socket: Socket; stream: ByteStream }> {
    const socket = connect(folder.at('rfb.sock'));
    sockets.push(socket);
    const stream = new ByteStream(socket);
    expect((await stream.take(12)).toString()).toBe('RFB 003.008\n');
    socket.write(`RFB ${version}\n`);
    return { socket, stream };
  }

  const pixel = (client: RfbClient, x: number, y: number): number[] => [
    ...client.pixels.subarray((y * client.width + x) * 4, (y * client.width + x) * 4 + 3),
  ];

  it('tells its name and size, and shows the picture that there is', async () => {
    canvas.fill({ x: 0, y: 0, width: 64, height: 48 }, 1, 2, 3);
    const client = await connectClient();
    expect([client.name, client.width, client.height]).toEqual(['Größe', 64, 48]);
    expect(pixel(client, 63, 47)).toEqual([1, 2, 3]);
  });

  it('sends only what changed, to every client', async () => {
    const [one, two] = [await connectClient(), await connectClient()];
    const before = one.pixelBytes;
    canvas.fill({ x: 2, y: 3, width: 4, height: 5 }, 9, 8, 7);
    canvas.fill({ x: 50, y: 40, width: 2, height: 2 }, 4, 5, 6);
    await until(() => pixel(one, 51, 41)[0] === 4 && pixel(two, 51, 41)[0] === 4);
    expect(pixel(one, 2, 3)).toEqual([9, 8, 7]);
    expect(one.pixelBytes - before).toBe((4 * 5 + 2 * 2) * 4);
  });

  it('follows a change of size', async () => {
    const client = await connectClient();
    canvas.resize(100, 30);
    canvas.fill({ x: 99, y: 29, width: 1, height: 1 }, 255, 0, 0);
    await until(() => client.width === 100 && pixel(client, 99, 29)[0] === 255);
    expect(client.height).toBe(30);
  });

  it('hands on scancodes, with the prefix of the keys that have one', async () => {
    const client = await connectClient();
    await until(() => client.hasExtendedKeys);
    await client.pressKey(0x61, 1);
    await client.pressKey(0xff53, 1); // Right
    await until(() => scancodes.length === 6);
    expect(scancodes).toEqual([0x1e, 0x9e, 0xe0, 0x4d, 0xe0, 0xcd]);
  });

  it('finds the keys for a client that knows characters only', async () => {
    const client = await connectClient({ wantsExtendedKeys: false });
    await client.typeLine('a?', 1);
    await until(() => scancodes.length === 8);
    expect(scancodes).toEqual([0x1e, 0x9e, 0x2a, 0x35, 0xb5, 0xaa, 0x1c, 0x9c]);
  });

  it('lets go of the keys of a client that goes away', async () => {
    const { socket, stream } = await rawClient();
    await stream.take(2);
    socket.write(Buffer.from([1, 1]));
    await stream.take(4 + 24);
    socket.write(Buffer.from([4, 1, 0, 0, 0, 0, 0xff, 0xe3])); // Control down
    await until(() => scancodes.length === 1);
    socket.destroy();
    await until(() => scancodes.length === 2);
    expect(scancodes).toEqual([0x1d, 0x9d]);
  });

  it('hands on the pointer, a wheel notch once', async () => {
    const client = await connectClient();
    client.movePointer(5, 6, 1);
    client.movePointer(5, 6, 1 | 8);
    client.movePointer(5, 6, 1 | 8);
    await until(() => pointers.length === 3);
    expect(pointers[0]).toMatchObject({ x: 5, y: 6, isLeftDown: true, isRightDown: false, wheel: 0 });
    expect(pointers.map((state) => state.wheel)).toEqual([0, -1, 0]);
  });

  it('serves version 3.3, and other pixel formats', async () => {
    canvas.fill({ x: 0, y: 0, width: 64, height: 48 }, 255, 0, 255);
    const { socket, stream } = await rawClient('003.003');
    expect([...(await stream.take(4))]).toEqual([0, 0, 0, 1]);
    socket.write(Buffer.from([1]));
    const head = await stream.take(24);
    await stream.take(head.readUInt32BE(20));
    // 16 bits, big-endian, 5-6-5; then a request for everything.
    socket.write(Buffer.from([0, 0, 0, 0, 16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]));
    socket.write(Buffer.from([3, 0, 0, 0, 0, 0, 0, 64, 0, 48]));
    expect((await stream.take(4)).readUInt16BE(2)).toBe(1);
    await stream.take(12);
    expect((await stream.take(64 * 48 * 2)).readUInt16BE(0)).toBe(0xf81f);
  });

  it('throws away clipboards, however long within reason', async () => {
    const { socket, stream } = await rawClient();
    await stream.take(2);
    socket.write(Buffer.from([1, 1]));
    await stream.take(4 + 24);
    const message = Buffer.alloc(8 + 100_000);
    message[0] = 6;
    message.writeUInt32BE(100_000, 4);
    socket.write(message);
    socket.write(Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x62]));
    await until(() => scancodes.length === 1);
    expect(scancodes).toEqual([0x30]);
  });

  it.each<[string, number[]]>([
    ['an unknown message', [77]],
    ['an unknown extension', [255, 9]],
    ['a colour map', [0, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['an odd depth', [0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]],
    ['a shift beyond the pixel', [0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 60, 0, 0, 0]],
    ['far too many encodings', [2, 0, 0xff, 0xff]],
    ['a clipboard of gigabytes', [6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]],
  ])('drops a client that sends %s, and nobody else', async (_what, bytes) => {
    const friend = await connectClient();
    const { socket, stream } = await rawClient();
    await stream.take(2);
    socket.write(Buffer.from([1, 1]));
    await stream.take(4 + 24);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(Buffer.from(bytes));
    await closed;
    canvas.fill({ x: 1, y: 1, width: 1, height: 1 }, 3, 3, 3);
    await until(() => pixel(friend, 1, 1)[0] === 3);
  });

  it.each(['GET / HTTP/1.1\r\n', 'RFB 004.000\n', 'RFB 003.abc\n'])(
    'drops a stranger that says %j',
    async (greeting) => {
      const socket = connect(folder.at('rfb.sock'));
      sockets.push(socket);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      socket.write(greeting);
      await closed;
    },
  );

  it('refuses another security type', async () => {
    const { socket, stream } = await rawClient();
    await stream.take(2);
    socket.write(Buffer.from([2]));
    expect((await stream.take(4)).readUInt32BE(0)).toBe(1);
  });
});

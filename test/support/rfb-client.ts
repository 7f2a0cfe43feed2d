import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { keyOfKeysym } from '../../core/display/keysyms.ts';
import { ByteStream } from './byte-stream.ts';
import { readTextScreen } from './text-screen-reader.ts';

const DESKTOP_SIZE = -223;
const EXTENDED_KEY = -258;
const RAW = 0;
const enter = 0xff0d;

/**
 * A small RFB client for tests, on the Unix socket of any backend: shows the picture, reads text off it,
 * types. Whoever connects closes.
 */
export class RfbClient {
  width = 0;
  height = 0;
  /** R, G, B, unused. */
  pixels = new Uint8Array(0);
  name = '';
  /** How many updates came, and how many bytes of pixels in them. */
  updates = 0;
  pixelBytes = 0;
  hasExtendedKeys = false;
  private readonly socket: Socket;
  private readonly stream: ByteStream;
  private running: Promise<void> = Promise.resolve();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.stream = new ByteStream(socket);
  }

  /** `wantsExtendedKeys`: take scancodes where the server offers them. */
  static async connect(socketPath: string, { wantsExtendedKeys = true } = {}): Promise<RfbClient> {
    const socket = connect(socketPath);
    const client = new RfbClient(socket);
    await client.handshake(wantsExtendedKeys);
    client.running = client.receive().catch(() => undefined);
    return client;
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.running;
  }

  /** What is on the screen, if it is text in the BIOS's font; rows without trailing blanks. */
  text(): string {
    return readTextScreen(this).join('\n');
  }

  /** Polls until the screen's text matches. Rejects with the last text after `timeoutMs`. */
  async waitForText(pattern: RegExp, timeoutMs = 20_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const text = this.text();
      if (pattern.test(text)) return text;
      if (Date.now() > end) throw new Error(`the screen never showed ${String(pattern)}; it shows:\n${text}`);
      await delay(50);
    }
  }

  /** Types a line and Enter, with time between the keys: a guest that is busy loses keys. */
  async typeLine(text: string, pauseMs = 25): Promise<void> {
    for (const character of text) await this.pressKey(character.charCodeAt(0), pauseMs);
    await this.pressKey(enter, pauseMs);
  }

  /** Presses and releases the key of an X11 keysym, with Shift where it needs it. */
  async pressKey(keysym: number, pauseMs = 25): Promise<void> {
    const position = keyOfKeysym(keysym);
    if (position === undefined) throw new Error(`no key makes keysym ${String(keysym)}`);
    if (position.isShifted) this.sendKey(0xffe1, 0x2a, true);
    this.sendKey(keysym, position.scancode, true);
    await delay(pauseMs);
    this.sendKey(keysym, position.scancode, false);
    if (position.isShifted) this.sendKey(0xffe1, 0x2a, false);
    await delay(pauseMs);
  }

  movePointer(x: number, y: number, buttons = 0): void {
    const message = Buffer.alloc(6);
    message[0] = 5;
    message[1] = buttons;
    message.writeUInt16BE(x, 2);
    message.writeUInt16BE(y, 4);
    this.socket.write(message);
  }

  private sendKey(keysym: number, scancode: number, isDown: boolean): void {
    const message = Buffer.alloc(this.hasExtendedKeys ? 12 : 8);
    if (this.hasExtendedKeys) {
      message[0] = 255;
      message.writeUInt16BE(isDown ? 1 : 0, 2);
      message.writeUInt32BE(keysym, 4);
      message.writeUInt32BE(scancode, 8);
    } else {
      message[0] = 4;
      message[1] = isDown ? 1 : 0;
      message.writeUInt32BE(keysym, 4);
    }
    this.socket.write(message);
  }

  private async handshake(wantsExtendedKeys: boolean): Promise<void> {
    await this.stream.take(12);
    this.socket.write('RFB 003.008\n');
    const [types] = await this.stream.take(1);
    await this.stream.take(types ?? 0);
    this.socket.write(Buffer.from([1]));
    const result = await this.stream.take(4);
    if (result.readUInt32BE(0) !== 0) throw new Error('the server refused');
    this.socket.write(Buffer.from([1]));
    const head = await this.stream.take(24);
    this.resize(head.readUInt16BE(0), head.readUInt16BE(2));
    this.name = (await this.stream.take(head.readUInt32BE(20))).toString();
    // Set pixel format: 32 bits, R, G, B, unused.
    this.socket.write(Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]));
    const encodings = wantsExtendedKeys ? [RAW, DESKTOP_SIZE, EXTENDED_KEY] : [RAW, DESKTOP_SIZE];
    const message = Buffer.alloc(4 + encodings.length * 4);
    message[0] = 2;
    message.writeUInt16BE(encodings.length, 2);
    encodings.forEach((encoding, i) => message.writeInt32BE(encoding, 4 + i * 4));
    this.socket.write(message);
    this.requestUpdate(false);
  }

  private requestUpdate(isIncremental: boolean): void {
    const message = Buffer.alloc(10);
    message[0] = 3;
    message[1] = isIncremental ? 1 : 0;
    message.writeUInt16BE(this.width, 6);
    message.writeUInt16BE(this.height, 8);
    this.socket.write(message);
  }

  private async receive(): Promise<void> {
    for (;;) {
      const [type] = await this.stream.take(1);
      if (type === 2) continue; // bell
      if (type !== 0) throw new Error(`unexpected message ${String(type)}`);
      const count = (await this.stream.take(3)).readUInt16BE(1);
      let isResized = false;
      for (let i = 0; i < count; i++) isResized = (await this.receiveRectangle()) || isResized;
      this.updates++;
      this.requestUpdate(!isResized);
    }
  }

  private async receiveRectangle(): Promise<boolean> {
    const head = await this.stream.take(12);
    const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [number, number, number, number];
    switch (head.readInt32BE(8)) {
      case DESKTOP_SIZE:
        this.resize(width, height);
        return true;
      case EXTENDED_KEY:
        this.hasExtendedKeys = true;
        return false;
      case RAW: {
        const bytes = await this.stream.take(width * height * 4);
        this.pixelBytes += bytes.length;
        for (let row = 0; row < height; row++) {
          this.pixels.set(bytes.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * this.width + x) * 4);
        }
        return false;
      }
      default:
        throw new Error('an encoding that was not asked for');
    }
  }

  private resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 4);
  }
}

import type { Socket } from 'node:net';
import { ClientKeyboard } from './client-keyboard.ts';
import { DirtyRegion } from './dirty-region.ts';
import { wholeOf, type DisplaySource, type Frame, type InputSink, type Rectangle } from './display-source.ts';
import { encodePixelFormat, nativePixelFormat, writePixels } from './pixel-format.ts';
import { RfbReader, type ClientMessage } from './rfb-reader.ts';

const RAW = 0;
const DESKTOP_SIZE = -223;
const EXTENDED_KEY = -258;
const SECURITY_NONE = 1;

/** A rectangle of an update that carries no pixels of ours, only news. */
const headerBytes = 12;

/**
 * One client of the RFB server: handshake, its requests, what it has not seen yet. An update is sent
 * only when the client asked for one and has taken the last; what changes meanwhile is gathered.
 * A client that breaks the protocol is dropped.
 */
export class RfbConnection {
  private readonly reader = new RfbReader();
  private readonly keyboard: ClientKeyboard;
  private readonly unseen = new DirtyRegion();
  private format = nativePixelFormat;
  private minorVersion = 8;
  private isReady = false;
  private wantsUpdate = false;
  private canResize = false;
  private owesExtendedKey = false;
  /** The size that the client knows. */
  private width = 0;
  private height = 0;
  private buttons = 0;
  private readonly socket: Socket;
  private readonly name: string;
  private readonly source: DisplaySource;
  private readonly input: InputSink;

  constructor(socket: Socket, name: string, source: DisplaySource, input: InputSink) {
    this.socket = socket;
    this.name = name;
    this.source = source;
    this.input = input;
    this.keyboard = new ClientKeyboard(input);
    socket.on('data', (chunk) => {
      this.receive(chunk);
    });
    socket.on('drain', () => {
      this.update();
    });
    socket.on('close', () => {
      this.keyboard.releaseAll();
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.write('RFB 003.008\n');
  }

  /** Tells the client of changes, now or when it asks. */
  show(changes: readonly Rectangle[]): void {
    for (const rectangle of changes) this.unseen.add(rectangle);
    this.update();
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.reader.push(chunk);
    for (let message = this.reader.next(); message !== undefined; message = this.reader.next()) this.handle(message);
  }

  private handle(message: ClientMessage): void {
    switch (message.kind) {
      case 'version':
        this.minorVersion = message.minor;
        this.socket.write(
          message.minor === 3 ? Buffer.from([0, 0, 0, SECURITY_NONE]) : Buffer.from([1, SECURITY_NONE]),
        );
        return;
      case 'security':
        this.agreeOnSecurity(message.type);
        return;
      case 'client-init':
        this.introduce();
        return;
      case 'pixel-format':
        this.format = message.format;
        this.unseen.add(wholeOf(this.source.frame));
        return;
      case 'encodings':
        this.canResize = message.encodings.includes(DESKTOP_SIZE);
        this.owesExtendedKey = message.encodings.includes(EXTENDED_KEY);
        return;
      case 'update-request':
        this.wantsUpdate = true;
        if (!message.isIncremental) this.unseen.add(wholeOf(this.source.frame));
        this.update();
        return;
      case 'key':
        this.keyboard.key(message.keysym, message.isDown);
        return;
      case 'extended-key':
        this.keyboard.extendedKey(message.scancode, message.keysym, message.isDown);
        return;
      case 'pointer':
        this.movePointer(message.x, message.y, message.buttons);
        return;
      case 'ignored':
        return;
      case 'invalid':
        this.socket.destroy();
        return;
    }
  }

  private agreeOnSecurity(type: number): void {
    const isAgreed = type === SECURITY_NONE;
    // Version 3.7 has no result for None.
    if (this.minorVersion === 8) this.socket.write(Buffer.from([0, 0, 0, isAgreed ? 0 : 1]));
    if (!isAgreed) this.socket.destroy();
  }

  private introduce(): void {
    ({ width: this.width, height: this.height } = this.source.frame);
    const name = Buffer.from(this.name);
    const head = Buffer.alloc(24);
    head.writeUInt16BE(this.width, 0);
    head.writeUInt16BE(this.height, 2);
    encodePixelFormat(this.format).copy(head, 4);
    head.writeUInt32BE(name.length, 20);
    this.socket.write(Buffer.concat([head, name]));
    this.isReady = true;
    this.unseen.add(wholeOf(this.source.frame));
  }

  /** Bits 0 to 2 are the buttons; 3 and 4 are the wheel, a press a notch. */
  private movePointer(x: number, y: number, buttons: number): void {
    const pressed = buttons & ~this.buttons;
    this.buttons = buttons;
    this.input.movePointer({
      x,
      y,
      isLeftDown: (buttons & 1) !== 0,
      isMiddleDown: (buttons & 2) !== 0,
      isRightDown: (buttons & 4) !== 0,
      wheel: ((pressed & 16) !== 0 ? 1 : 0) - ((pressed & 8) !== 0 ? 1 : 0),
    });
  }

  private update(): void {
    if (!this.isReady || !this.wantsUpdate || this.socket.writableLength > 0 || this.socket.destroyed) return;
    const parts: Buffer[] = [];
    const { frame } = this.source;
    if (this.owesExtendedKey) {
      parts.push(rectangleHeader({ x: 0, y: 0, width: 0, height: 0 }, EXTENDED_KEY));
      this.owesExtendedKey = false;
    }
    if (this.canResize && (frame.width !== this.width || frame.height !== this.height)) {
      this.width = frame.width;
      this.height = frame.height;
      this.unseen.clear();
      this.unseen.add(wholeOf(frame));
      parts.push(rectangleHeader(wholeOf(frame), DESKTOP_SIZE));
      // Some clients drop what follows a change of size in the same message, so the pixels come with the next.
    } else {
      // A client that can't resize sees the part that fits the size it knows.
      const visible = this.unseen.take(Math.min(this.width, frame.width), Math.min(this.height, frame.height));
      for (const rectangle of visible) parts.push(rawRectangle(frame, rectangle, this.format));
    }
    if (parts.length === 0) return;
    const head = Buffer.alloc(4);
    head.writeUInt16BE(parts.length, 2);
    this.wantsUpdate = false;
    this.socket.write(Buffer.concat([head, ...parts]));
  }
}

function rectangleHeader(rectangle: Rectangle, encoding: number, extraBytes = 0): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + extraBytes);
  bytes.writeUInt16BE(rectangle.x, 0);
  bytes.writeUInt16BE(rectangle.y, 2);
  bytes.writeUInt16BE(rectangle.width, 4);
  bytes.writeUInt16BE(rectangle.height, 6);
  bytes.writeInt32BE(encoding, 8);
  return bytes;
}

function rawRectangle(frame: Frame, rectangle: Rectangle, format: typeof nativePixelFormat): Buffer {
  const pixelBytes = rectangle.width * rectangle.height * (format.bitsPerPixel / 8);
  const bytes = rectangleHeader(rectangle, RAW, pixelBytes);
  writePixels(frame, rectangle, format, bytes, headerBytes);
  return bytes;
}

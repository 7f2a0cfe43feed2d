import { decodePixelFormat, type PixelFormat } from './pixel-format.ts';

/** What a client can say. `invalid` ends the connection. Source: RFC 6143, and the RFB community wiki for 255. */
export type ClientMessage =
  | { readonly kind: 'version'; readonly minor: 3 | 7 | 8 }
  | { readonly kind: 'security'; readonly type: number }
  | { readonly kind: 'client-init' }
  | { readonly kind: 'pixel-format'; readonly format: PixelFormat }
  | { readonly kind: 'encodings'; readonly encodings: readonly number[] }
  | { readonly kind: 'update-request'; readonly isIncremental: boolean }
  | { readonly kind: 'key'; readonly keysym: number; readonly isDown: boolean }
  | { readonly kind: 'extended-key'; readonly keysym: number; readonly scancode: number; readonly isDown: boolean }
  | { readonly kind: 'pointer'; readonly x: number; readonly y: number; readonly buttons: number }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Far above what clients list (about 30), far below what would be a burden. */
const MAXIMUM_ENCODINGS = 4096;
/** Clipboard text is thrown away as it arrives; more than this is no clipboard. */
const MAXIMUM_CUT_TEXT_BYTES = 16 * 1024 * 1024;

type Phase = 'version' | 'security' | 'init' | 'messages';

/**
 * Cuts a client's bytes into messages. Bytes of any size may be pushed; at most one message is buffered,
 * and none can be larger than a few kilobytes. After `invalid` nothing more comes.
 */
export class RfbReader {
  private buffered: Buffer = Buffer.alloc(0);
  private phase: Phase = 'version';
  private bytesToSkip = 0;
  private isOver = false;

  push(chunk: Buffer): void {
    const skipped = Math.min(this.bytesToSkip, chunk.length);
    this.bytesToSkip -= skipped;
    if (skipped === chunk.length) return;
    const rest = chunk.subarray(skipped);
    this.buffered = this.buffered.length === 0 ? rest : Buffer.concat([this.buffered, rest]);
  }

  /** The next whole message; `undefined` until more bytes come. */
  next(): ClientMessage | undefined {
    if (this.isOver || this.buffered.length === 0) return undefined;
    const message = this.read();
    if (message?.kind === 'invalid') {
      this.isOver = true;
      this.buffered = Buffer.alloc(0);
    }
    return message;
  }

  private read(): ClientMessage | undefined {
    switch (this.phase) {
      case 'version':
        return this.readVersion();
      case 'security': {
        const bytes = this.take(1);
        if (bytes === undefined) return undefined;
        this.phase = 'init';
        return { kind: 'security', type: bytes.readUInt8(0) };
      }
      case 'init':
        if (this.take(1) === undefined) return undefined;
        this.phase = 'messages';
        return { kind: 'client-init' };
      case 'messages':
        return this.readMessage();
    }
  }

  private readVersion(): ClientMessage | undefined {
    const bytes = this.take(12);
    if (bytes === undefined) return undefined;
    const match = /^RFB 003\.(\d{3})\n$/.exec(bytes.toString('latin1'));
    if (match === null) return { kind: 'invalid', reason: 'not an RFB 3 client' };
    const minor = Number(match[1]);
    // Version 3.3 has no choice of security; odd minors are to be read as 3.3.
    this.phase = minor >= 7 ? 'security' : 'init';
    return { kind: 'version', minor: minor >= 8 ? 8 : minor === 7 ? 7 : 3 };
  }

  private readMessage(): ClientMessage | undefined {
    const type = this.buffered.readUInt8(0);
    switch (type) {
      case 0: {
        const bytes = this.take(20);
        if (bytes === undefined) return undefined;
        const format = decodePixelFormat(bytes.subarray(4));
        return format === undefined
          ? { kind: 'invalid', reason: 'a pixel format that is not served' }
          : { kind: 'pixel-format', format };
      }
      case 2:
        return this.readEncodings();
      case 3: {
        const bytes = this.take(10);
        return bytes && { kind: 'update-request', isIncremental: bytes.readUInt8(1) !== 0 };
      }
      case 4: {
        const bytes = this.take(8);
        return bytes && { kind: 'key', isDown: bytes.readUInt8(1) !== 0, keysym: bytes.readUInt32BE(4) };
      }
      case 5: {
        const bytes = this.take(6);
        return (
          bytes && { kind: 'pointer', buttons: bytes.readUInt8(1), x: bytes.readUInt16BE(2), y: bytes.readUInt16BE(4) }
        );
      }
      case 6:
        return this.readCutText();
      case 255:
        return this.readExtendedKey();
      default:
        return { kind: 'invalid', reason: `unknown message ${String(type)}` };
    }
  }

  private readEncodings(): ClientMessage | undefined {
    if (this.buffered.length < 4) return undefined;
    const count = this.buffered.readUInt16BE(2);
    if (count > MAXIMUM_ENCODINGS) return { kind: 'invalid', reason: `${String(count)} encodings` };
    const bytes = this.take(4 + count * 4);
    if (bytes === undefined) return undefined;
    return { kind: 'encodings', encodings: Array.from({ length: count }, (_, i) => bytes.readInt32BE(4 + i * 4)) };
  }

  private readCutText(): ClientMessage | undefined {
    if (this.buffered.length < 8) return undefined;
    const length = Math.abs(this.buffered.readInt32BE(4)); // negative: the extended clipboard
    if (length > MAXIMUM_CUT_TEXT_BYTES) return { kind: 'invalid', reason: `${String(length)} bytes of clipboard` };
    const present = Math.min(length, this.buffered.length - 8);
    this.take(8 + present);
    this.bytesToSkip = length - present;
    return { kind: 'ignored' };
  }

  private readExtendedKey(): ClientMessage | undefined {
    if (this.buffered.length < 2) return undefined;
    const submessage = this.buffered.readUInt8(1);
    if (submessage !== 0) return { kind: 'invalid', reason: `unknown message 255.${String(submessage)}` };
    const bytes = this.take(12);
    return (
      bytes && {
        kind: 'extended-key',
        isDown: bytes.readUInt16BE(2) !== 0,
        keysym: bytes.readUInt32BE(4),
        scancode: bytes.readUInt32BE(8),
      }
    );
  }

  private take(length: number): Buffer | undefined {
    if (this.buffered.length < length) return undefined;
    const bytes = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    return bytes;
  }
}

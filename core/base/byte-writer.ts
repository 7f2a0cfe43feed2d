import { assert } from './assert.ts';

/** Writes little-endian fields at absolute offsets of a block of bytes; the counterpart of ByteReader. */
export class ByteWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** `value`: 0 ≤ n < 2^32. */
  u32(at: number, value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, `u32 ${String(value)} at ${String(at)}`);
    this.check(at, 4);
    this.view.setUint32(at, value, true);
  }

  /** Writes UTF-8 and fills the field with NUL; at least one NUL must fit. */
  text(at: number, length: number, value: string): void {
    this.check(at, length);
    const encoded = new TextEncoder().encode(value);
    assert(encoded.length < length, `text of ${String(encoded.length)} bytes in a field of ${String(length)}`);
    this.bytes.fill(0, at, at + length);
    this.bytes.set(encoded, at);
  }

  private check(at: number, length: number): void {
    assert(
      at >= 0 && at + length <= this.bytes.length,
      `write [${String(at)}, ${String(at + length)}) of ${String(this.bytes.length)} bytes`,
    );
  }
}

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

  /** `value`: 0 ≤ n < 2^8. */
  u8(at: number, value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, `u8 ${String(value)} at ${String(at)}`);
    this.check(at, 1);
    this.view.setUint8(at, value);
  }

  /** `value`: 0 ≤ n < 2^16. */
  u16(at: number, value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, `u16 ${String(value)} at ${String(at)}`);
    this.check(at, 2);
    this.view.setUint16(at, value, true);
  }

  /** `value`: 0 ≤ n < 2^64. */
  u64(at: number, value: bigint): void {
    assert(value >= 0n && value < 1n << 64n, `u64 ${String(value)} at ${String(at)}`);
    this.check(at, 8);
    this.view.setBigUint64(at, value, true);
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

import { assert } from './assert.ts';

/**
 * Reads little-endian fields at absolute offsets of a block of bytes whose length was checked before:
 * a read outside it is a mistake of ours, not of the file.
 */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(at: number): number {
    this.check(at, 4);
    return this.view.getUint32(at, true);
  }

  u8(at: number): number {
    this.check(at, 1);
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    this.check(at, 2);
    return this.view.getUint16(at, true);
  }

  u64(at: number): bigint {
    this.check(at, 8);
    return this.view.getBigUint64(at, true);
  }

  slice(at: number, length: number): Uint8Array {
    this.check(at, length);
    return this.bytes.subarray(at, at + length);
  }

  /**
   * A text field of `length` bytes that ends at its first NUL, read as UTF-8 (bytes that are none become
   * U+FFFD). `undefined` if there is no NUL in it.
   */
  text(at: number, length: number): string | undefined {
    const field = this.slice(at, length);
    const end = field.indexOf(0);
    return end < 0 ? undefined : new TextDecoder().decode(field.subarray(0, end));
  }

  private check(at: number, length: number): void {
    assert(
      at >= 0 && at + length <= this.bytes.length,
      `read [${String(at)}, ${String(at + length)}) of ${String(this.bytes.length)} bytes`,
    );
  }
}

import type { Frame, Rectangle } from './display-source.ts';

/** How a client wants its pixels, as in RFB's PIXEL_FORMAT. Only true colour. */
export interface PixelFormat {
  readonly bitsPerPixel: 8 | 16 | 32;
  readonly depth: number;
  readonly isBigEndian: boolean;
  readonly redMaximum: number;
  readonly greenMaximum: number;
  readonly blueMaximum: number;
  readonly redShift: number;
  readonly greenShift: number;
  readonly blueShift: number;
}

/** The bytes of a frame as they are: R, G, B, unused. */
export const nativePixelFormat: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  isBigEndian: false,
  redMaximum: 255,
  greenMaximum: 255,
  blueMaximum: 255,
  redShift: 0,
  greenShift: 8,
  blueShift: 16,
};

/** The 16 bytes of ServerInit and SetPixelFormat. */
export function encodePixelFormat(format: PixelFormat): Buffer {
  const bytes = Buffer.alloc(16);
  bytes[0] = format.bitsPerPixel;
  bytes[1] = format.depth;
  bytes[2] = format.isBigEndian ? 1 : 0;
  bytes[3] = 1;
  bytes.writeUInt16BE(format.redMaximum, 4);
  bytes.writeUInt16BE(format.greenMaximum, 6);
  bytes.writeUInt16BE(format.blueMaximum, 8);
  bytes[10] = format.redShift;
  bytes[11] = format.greenShift;
  bytes[12] = format.blueShift;
  return bytes;
}

/** Reads 16 bytes of a client. `undefined`: a format that isn't served (colour maps, odd depths). */
export function decodePixelFormat(bytes: Buffer): PixelFormat | undefined {
  const bitsPerPixel = bytes.readUInt8(0);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) return undefined;
  if (bytes.readUInt8(3) === 0) return undefined;
  const format: PixelFormat = {
    bitsPerPixel,
    depth: bytes.readUInt8(1),
    isBigEndian: bytes.readUInt8(2) !== 0,
    redMaximum: bytes.readUInt16BE(4),
    greenMaximum: bytes.readUInt16BE(6),
    blueMaximum: bytes.readUInt16BE(8),
    redShift: bytes.readUInt8(10),
    greenShift: bytes.readUInt8(11),
    blueShift: bytes.readUInt8(12),
  };
  const shifts = [format.redShift, format.greenShift, format.blueShift];
  return shifts.every((shift) => shift < bitsPerPixel) ? format : undefined;
}

function isNative(format: PixelFormat): boolean {
  return (
    format.bitsPerPixel === 32 &&
    !format.isBigEndian &&
    format.redMaximum === 255 &&
    format.greenMaximum === 255 &&
    format.blueMaximum === 255 &&
    format.redShift === 0 &&
    format.greenShift === 8 &&
    format.blueShift === 16
  );
}

/** Copies a rectangle of `frame` in a client's format to `target` at `offset`. Returns the offset behind it. */
export function writePixels(
  frame: Frame,
  area: Rectangle,
  format: PixelFormat,
  target: Buffer,
  offset: number,
): number {
  const copiesRows = isNative(format);
  let at = offset;
  for (let row = area.y; row < area.y + area.height; row++) {
    const start = (row * frame.width + area.x) * 4;
    const source = frame.pixels.subarray(start, start + area.width * 4);
    if (copiesRows) {
      target.set(source, at);
      at += source.length;
    } else {
      at = convertRow(source, format, target, at);
    }
  }
  return at;
}

function convertRow(source: Uint8Array, format: PixelFormat, target: Buffer, offset: number): number {
  let at = offset;
  for (let i = 0; i < source.length; i += 4) {
    const red = Math.round(((source[i] ?? 0) * format.redMaximum) / 255);
    const green = Math.round(((source[i + 1] ?? 0) * format.greenMaximum) / 255);
    const blue = Math.round(((source[i + 2] ?? 0) * format.blueMaximum) / 255);
    const value = ((red << format.redShift) | (green << format.greenShift) | (blue << format.blueShift)) >>> 0;
    if (format.bitsPerPixel === 8) {
      target[at] = value;
      at += 1;
    } else if (format.bitsPerPixel === 16) {
      at = format.isBigEndian ? target.writeUInt16BE(value & 0xffff, at) : target.writeUInt16LE(value & 0xffff, at);
    } else {
      at = format.isBigEndian ? target.writeUInt32BE(value, at) : target.writeUInt32LE(value, at);
    }
  }
  return at;
}

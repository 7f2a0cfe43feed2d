import { crc32, deflateSync } from 'node:zlib';
import type { Frame } from './display-source.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A frame as a PNG file: 8 bits a channel, no alpha. Source: W3C Portable Network Graphics, chunk layout. */
export function encodePng(frame: Frame): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(frame.width, 0);
  header.writeUInt32BE(frame.height, 4);
  header[8] = 8; // bits a channel
  header[9] = 2; // red, green, blue
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanLines(frame), { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Three bytes a pixel; each row starts with its filter. Up (2) makes rows that repeat almost free. */
function scanLines({ width, height, pixels }: Frame): Buffer {
  const lines = Buffer.alloc(height * (1 + width * 3));
  let at = 0;
  for (let y = 0; y < height; y++) {
    lines[at++] = 2;
    for (let x = 0; x < width; x++) {
      const here = (y * width + x) * 4;
      const above = here - width * 4;
      for (let channel = 0; channel < 3; channel++) {
        const up = y === 0 ? 0 : (pixels[above + channel] ?? 0);
        lines[at++] = (pixels[here + channel] ?? 0) - up;
      }
    }
  }
  return lines;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DirtyRegion } from '../../../core/display/dirty-region.ts';
import { keyOfKeysym } from '../../../core/display/keysyms.ts';
import { encodePng } from '../../../core/display/png.ts';
import { RfbReader } from '../../../core/display/rfb-reader.ts';

describe('dirty region', () => {
  it('keeps far changes apart and joins what belongs together', () => {
    const region = new DirtyRegion();
    region.add({ x: 0, y: 0, width: 9, height: 16 });
    region.add({ x: 9, y: 0, width: 9, height: 16 });
    region.add({ x: 0, y: 160, width: 18, height: 32 });
    expect(region.take(720, 400)).toEqual([
      { x: 0, y: 0, width: 18, height: 16 },
      { x: 0, y: 160, width: 18, height: 32 },
    ]);
    expect(region.isEmpty).toBe(true);
  });

  it('covers every pixel that was added, and stays inside', () => {
    const region = new DirtyRegion();
    const added = [
      { x: 3, y: 7, width: 50, height: 40 },
      { x: 60, y: 0, width: 100, height: 10 },
      { x: 10, y: 90, width: 5, height: 50 },
      { x: 90, y: 20, width: 0, height: 5 },
    ];
    for (const rectangle of added) region.add(rectangle);
    const covered = region.take(100, 100);
    for (const { x, y, width, height } of covered) {
      expect(x >= 0 && y >= 0 && x + width <= 100 && y + height <= 100 && width > 0 && height > 0).toBe(true);
    }
    for (const { x, y, width, height } of added) {
      for (let py = y; py < Math.min(100, y + height); py++) {
        for (let px = x; px < Math.min(100, x + width); px++) {
          const isCovered = covered.some((c) => px >= c.x && px < c.x + c.width && py >= c.y && py < c.y + c.height);
          expect(isCovered).toBe(true);
        }
      }
    }
  });
});

describe('PNG', () => {
  it('holds the pixels of the frame', () => {
    const pixels = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 7);
    const png = Buffer.from(encodePng({ width: 3, height: 2, pixels }));
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([3, 2, 8, 2]);
    const length = png.readUInt32BE(33);
    expect(png.toString('latin1', 37, 41)).toBe('IDAT');
    const lines = inflateSync(png.subarray(41, 41 + length));
    expect(lines.length).toBe(2 * (1 + 3 * 3));
    const first = [...lines.subarray(1, 10)];
    expect(first).toEqual([0, 7, 14, 28, 35, 42, 56, 63, 70]);
    expect(lines[10]).toBe(2); // filter Up
    const second = [...lines.subarray(11)].map((value, i) => (value + (first[i] ?? 0)) & 0xff);
    expect(second).toEqual([84, 91, 98, 112, 119, 126, 140, 147, 154]);
  });
});

describe('keysyms', () => {
  it('knows every printable ASCII character', () => {
    for (let code = 0x20; code < 0x7f; code++) expect(keyOfKeysym(code), String.fromCharCode(code)).toBeDefined();
  });

  it.each([
    ['a', 0x1e, false],
    ['A', 0x1e, true],
    ['!', 0x02, true],
    ['/', 0x35, false],
    ['?', 0x35, true],
    ['\\', 0x2b, false],
    [' ', 0x39, false],
  ])('finds %s', (character, scancode, isShifted) => {
    expect(keyOfKeysym(character.charCodeAt(0))).toEqual({ scancode, isShifted });
  });

  it('marks keys with a prefix', () => {
    expect(keyOfKeysym(0xff51)?.scancode).toBe(0xcb); // Left: E0 4B
    expect(keyOfKeysym(0xffbe)?.scancode).toBe(0x3b); // F1
    expect(keyOfKeysym(0x20ac)).toBeUndefined(); // the euro sign
  });
});

describe('RFB reader', () => {
  it('reads the same from single bytes as from one piece', () => {
    const bytes = Buffer.concat([
      Buffer.from('RFB 003.008\n'),
      Buffer.from([1, 1]),
      Buffer.from([2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xfe]),
      Buffer.from([3, 1, 0, 0, 0, 0, 0, 64, 0, 48]),
      Buffer.from([255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 0x1e]),
      Buffer.from([5, 4, 0, 10, 0, 20]),
    ]);
    const read = (chunks: Buffer[]): unknown[] => {
      const reader = new RfbReader();
      const messages = [];
      for (const chunk of chunks) {
        reader.push(chunk);
        for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
      }
      return messages;
    };
    const whole = read([bytes]);
    expect(whole).toEqual([
      { kind: 'version', minor: 8 },
      { kind: 'security', type: 1 },
      { kind: 'client-init' },
      { kind: 'encodings', encodings: [0, -258] },
      { kind: 'update-request', isIncremental: true },
      { kind: 'extended-key', isDown: true, keysym: 0x61, scancode: 0x1e },
      { kind: 'pointer', buttons: 4, x: 10, y: 20 },
    ]);
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firmwareDirectories } from '../../core/backends/v86/firmware.ts';

const GLYPH_ROWS = 16;
/** Glyph 1 of the BIOS's 8 by 16 font, a smiling face; glyph 0 before it is blank. */
const secondGlyph = Buffer.from([0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e, 0, 0, 0, 0]);

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** R, G, B, unused. */
  readonly pixels: Uint8Array;
}

let glyphs: ReadonlyMap<string, string> | undefined;

/** Bits of a glyph → character, for printable ASCII, from the VGA BIOS that the guests use. */
function knownGlyphs(): ReadonlyMap<string, string> {
  glyphs ??= loadGlyphs();
  return glyphs;
}

function loadGlyphs(): ReadonlyMap<string, string> {
  for (const directory of firmwareDirectories()) {
    let rom: Buffer;
    try {
      rom = readFileSync(join(directory, 'vgabios-stdvga.bin'));
    } catch {
      continue;
    }
    const font = rom.indexOf(secondGlyph) - GLYPH_ROWS;
    if (font < 0) continue;
    const table = new Map<string, string>();
    for (let code = 0x7e; code >= 0x20; code--) {
      const start = font + code * GLYPH_ROWS;
      table.set(rom.toString('hex', start, start + GLYPH_ROWS), String.fromCharCode(code));
    }
    return table;
  }
  throw new Error('no VGA BIOS was found to learn the font from');
}

/**
 * Reads the characters off a picture of 80 by 25 in the BIOS's font, with cells 8 or 9 pixels wide.
 * Rows come without trailing blanks; what is no printable ASCII is a blank (so is the cursor).
 * A picture of another size has no rows.
 */
export function readTextScreen(picture: Picture): string[] {
  const cellWidth = picture.width === 720 ? 9 : picture.width === 640 ? 8 : undefined;
  if (cellWidth === undefined || picture.height !== 400) return [];
  const pixels = new Uint32Array(picture.pixels.buffer, picture.pixels.byteOffset, picture.width * picture.height);
  return Array.from({ length: 25 }, (_, row) => {
    let line = '';
    for (let column = 0; column < 80; column++)
      line += readCell(pixels, picture.width, column * cellWidth, row * GLYPH_ROWS);
    return line.trimEnd();
  });
}

function readCell(pixels: Uint32Array, stride: number, left: number, top: number): string {
  const bits = Buffer.alloc(GLYPH_ROWS);
  // The first pixel of a cell belongs to the background of nearly every letter; else try it the other way.
  const background = (pixels[top * stride + left] ?? 0) & 0xffffff;
  for (let y = 0; y < GLYPH_ROWS; y++) {
    for (let x = 0; x < 8; x++) {
      const pixel = (pixels[(top + y) * stride + left + x] ?? 0) & 0xffffff;
      if (pixel !== background) bits[y] = (bits[y] ?? 0) | (0x80 >> x);
    }
  }
  return knownGlyphs().get(bits.toString('hex')) ?? ' ';
}

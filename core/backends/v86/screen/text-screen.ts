import { blankFrame, type Frame, type Rectangle } from '../../../display/display-source.ts';

/** v86's flags of a character. */
export const FLAG_BLINKING = 1;
export const FLAG_FONT_PAGE_B = 2;

/** Beyond what any video card shows as text: a mode half set up is not drawn. */
const MAXIMUM_COLUMNS = 256;
const MAXIMUM_ROWS = 128;
const GLYPH_BYTES = 32;
const PAGE_BYTES = 256 * GLYPH_BYTES;

/** A font as the video card has it: 8 pages of 256 glyphs of 32 rows, 8 pixels a byte, the left one first. */
interface Font {
  readonly height: number;
  readonly width: 8 | 9 | 16;
  /** The ninth column of line-drawing characters repeats the eighth. */
  readonly copiesEighth: boolean;
  readonly bitmap: Uint8Array;
}

/**
 * Text modes as pixels. Characters are kept as the video card reports them and drawn, cell by cell, when
 * somebody looks. Nothing blinks: a screen that stands still costs nothing.
 */
export class TextScreen {
  frame: Frame = blankFrame(720, 400);
  private pixels = new Uint32Array(this.frame.pixels.buffer);
  private columns = 80;
  private rows = 25;
  private characters = new Uint8Array(80 * 25);
  private flags = new Uint8Array(80 * 25);
  private backgrounds = new Uint32Array(80 * 25);
  private foregrounds = new Uint32Array(80 * 25);
  private dirty = new Uint8Array(80 * 25);
  private isAnyDirty = false;
  private font: Font | undefined;
  private pageA = 0;
  private pageB = 0;
  private cursor = { row: 0, column: 0, first: 0, last: 0, isVisible: false };

  setSize(columns: number, rows: number): void {
    if (columns < 1 || rows < 1 || columns > MAXIMUM_COLUMNS || rows > MAXIMUM_ROWS) return;
    if (columns === this.columns && rows === this.rows) return;
    this.columns = columns;
    this.rows = rows;
    const cells = columns * rows;
    this.characters = new Uint8Array(cells);
    this.flags = new Uint8Array(cells);
    this.backgrounds = new Uint32Array(cells);
    this.foregrounds = new Uint32Array(cells);
    this.dirty = new Uint8Array(cells);
    this.redrawAll();
  }

  /** Colours are 0xRRGGBB. */
  put(row: number, column: number, character: number, flags: number, background: number, foreground: number): void {
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns) return;
    const cell = row * this.columns + column;
    this.characters[cell] = character;
    this.flags[cell] = flags;
    this.backgrounds[cell] = asPixel(background);
    this.foregrounds[cell] = asPixel(foreground);
    this.touch(cell);
  }

  /** `bitmap` is the card's live memory: it is copied when it is new. */
  setFont(height: number, width: 8 | 9 | 16, copiesEighth: boolean, bitmap: Uint8Array, hasChanged: boolean): void {
    const { font } = this;
    const isSame = font?.height === height && font.width === width && font.copiesEighth === copiesEighth;
    if (isSame && !hasChanged) return;
    this.font = { height, width, copiesEighth, bitmap: bitmap.slice(0, 8 * PAGE_BYTES) };
    this.redrawAll();
  }

  setFontPages(pageA: number, pageB: number): void {
    if (pageA === this.pageA && pageB === this.pageB) return;
    this.pageA = pageA;
    this.pageB = pageB;
    this.redrawAll();
  }

  moveCursor(row: number, column: number): void {
    this.touchCursor();
    this.cursor = { ...this.cursor, row, column };
    this.touchCursor();
  }

  /** The rows of pixels within a cell that the cursor fills, both included. */
  shapeCursor(first: number, last: number, isVisible: boolean): void {
    this.cursor = { ...this.cursor, first, last, isVisible };
    this.touchCursor();
  }

  redrawAll(): void {
    this.dirty.fill(1);
    this.isAnyDirty = true;
  }

  /** Draws what changed. Returns the rectangles; the whole frame if its size is new. */
  draw(): readonly Rectangle[] {
    const { font } = this;
    if (!this.isAnyDirty || font === undefined) return [];
    this.isAnyDirty = false;
    const width = this.columns * font.width;
    const height = this.rows * font.height;
    const isNewSize = width !== this.frame.width || height !== this.frame.height;
    if (isNewSize) {
      this.frame = blankFrame(width, height);
      this.pixels = new Uint32Array(this.frame.pixels.buffer);
      this.dirty.fill(1);
    }
    const changes: Rectangle[] = [];
    for (let row = 0; row < this.rows; row++) {
      const start = row * this.columns;
      const cells = this.dirty.subarray(start, start + this.columns);
      const first = cells.indexOf(1);
      if (first < 0) continue;
      const end = cells.lastIndexOf(1) + 1;
      for (let column = first; column < end; column++) if (cells[column] === 1) this.drawCell(font, row, column);
      cells.fill(0);
      changes.push({
        x: first * font.width,
        y: row * font.height,
        width: (end - first) * font.width,
        height: font.height,
      });
    }
    return isNewSize ? [{ x: 0, y: 0, width, height }] : changes;
  }

  private drawCell(font: Font, row: number, column: number): void {
    const cell = row * this.columns + column;
    const character = this.characters[cell] ?? 0;
    const foreground = this.foregrounds[cell] ?? 0;
    const background = this.backgrounds[cell] ?? 0;
    const page = ((this.flags[cell] ?? 0) & FLAG_FONT_PAGE_B) === 0 ? this.pageA : this.pageB;
    const glyph = page * PAGE_BYTES + character * GLYPH_BYTES;
    const hasNinth = font.copiesEighth && character >= 0xc0 && character <= 0xdf;
    const { cursor } = this;
    const isCursor = cursor.isVisible && cursor.row === row && cursor.column === column;
    for (let y = 0; y < font.height; y++) {
      const isFilled = isCursor && y >= cursor.first && y <= cursor.last;
      const bits = isFilled ? 0xff : (font.bitmap[glyph + y] ?? 0);
      let at = (row * font.height + y) * this.frame.width + column * font.width;
      for (let mask = 0x80; mask > 0; mask >>= 1) {
        const colour = (bits & mask) === 0 ? background : foreground;
        this.pixels[at++] = colour;
        if (font.width === 16) this.pixels[at++] = colour;
      }
      if (font.width === 9) this.pixels[at] = isFilled || (hasNinth && (bits & 1) !== 0) ? foreground : background;
    }
  }

  private touchCursor(): void {
    const { row, column } = this.cursor;
    if (row < this.rows && column < this.columns) this.touch(row * this.columns + column);
  }

  private touch(cell: number): void {
    this.dirty[cell] = 1;
    this.isAnyDirty = true;
  }
}

/** 0xRRGGBB as the four bytes R, G, B, unused of a frame, read as one little-endian number. */
function asPixel(colour: number): number {
  return ((colour >> 16) & 0xff) | (colour & 0xff00) | ((colour & 0xff) << 16);
}

import { describe, expect, it } from 'vitest';
import { GraphicsScreen } from '../../../core/backends/v86/screen/graphics-screen.ts';
import { TextScreen } from '../../../core/backends/v86/screen/text-screen.ts';
import { GuestInput } from '../../../core/backends/v86/guest-input.ts';
import type { Frame } from '../../../core/display/display-source.ts';

const colourAt = (frame: Frame, x: number, y: number): number[] => {
  const at = (y * frame.width + x) * 4;
  return [...frame.pixels.subarray(at, at + 3)];
};
const white = [0xff, 0xff, 0xff];
const blue = [0x00, 0x00, 0xaa];

/** A font in which every glyph's first row is its own code, and the rest is blank. */
function font(): Uint8Array {
  const bitmap = new Uint8Array(8 * 256 * 32);
  for (let glyph = 0; glyph < 8 * 256; glyph++) bitmap[glyph * 32] = glyph & 0xff;
  return bitmap;
}

describe('text screen', () => {
  function screen(width: 8 | 9 | 16 = 9): TextScreen {
    const text = new TextScreen();
    text.setSize(80, 25);
    text.setFont(16, width, true, font(), true);
    text.draw();
    return text;
  }

  it('draws a character in its colours, and only its cell is new', () => {
    const text = screen();
    text.put(2, 3, 0x81, 0, 0x0000aa, 0xffffff);
    expect(text.draw()).toEqual([{ x: 27, y: 32, width: 9, height: 16 }]);
    expect(colourAt(text.frame, 27, 32)).toEqual(white);
    expect(colourAt(text.frame, 28, 32)).toEqual(blue);
    expect(colourAt(text.frame, 34, 32)).toEqual(white);
    expect(colourAt(text.frame, 35, 32)).toEqual(blue); // the ninth column
    expect(text.draw()).toEqual([]);
  });

  it('carries line drawing into the ninth column', () => {
    const text = screen();
    text.put(0, 0, 0xc1, 0, 0x0000aa, 0xffffff);
    text.draw();
    expect(colourAt(text.frame, 8, 0)).toEqual(white);
  });

  it('moves the cursor without a trace', () => {
    const text = screen(8);
    for (const column of [0, 1]) text.put(0, column, 0x20, 0, 0x0000aa, 0xffffff);
    text.shapeCursor(13, 14, true);
    text.moveCursor(0, 1);
    text.draw();
    expect(colourAt(text.frame, 8, 13)).toEqual(white);
    text.moveCursor(0, 0);
    text.draw();
    expect(colourAt(text.frame, 8, 13)).toEqual(blue);
    expect(colourAt(text.frame, 0, 14)).toEqual(white);
  });

  it('follows sizes, and ignores those that no card has', () => {
    const text = screen();
    text.setSize(40, 25);
    text.setFont(8, 16, false, font(), false);
    expect(text.draw()).toEqual([{ x: 0, y: 0, width: 640, height: 200 }]);
    text.setSize(0, 25);
    text.setSize(100_000, 25);
    text.put(30, 200, 1, 0, 0, 0);
    expect(text.draw()).toEqual([]);
  });
});

describe('graphics screen', () => {
  function image(
    width: number,
    height: number,
    value: number,
  ): { data: Uint8ClampedArray; width: number; height: number } {
    return { data: new Uint8ClampedArray(width * height * 4).fill(value), width, height };
  }

  it('reports rows that differ, and nothing else', () => {
    const screen = new GraphicsScreen();
    screen.setSize(8, 6);
    screen.takeChanges();
    const picture = image(8, 6, 0);
    picture.data.fill(7, 2 * 8 * 4, 4 * 8 * 4);
    const layer = {
      image_data: picture,
      screen_x: 0,
      screen_y: 0,
      buffer_x: 0,
      buffer_y: 0,
      buffer_width: 8,
      buffer_height: 6,
    };
    screen.draw([layer]);
    expect(screen.takeChanges()).toEqual([{ x: 0, y: 2, width: 8, height: 2 }]);
    screen.draw([layer]);
    expect(screen.takeChanges()).toEqual([]);
  });

  it('clips layers to picture and screen', () => {
    const screen = new GraphicsScreen();
    screen.setSize(4, 4);
    screen.takeChanges();
    const layer = {
      image_data: image(6, 3, 9),
      screen_x: -2,
      screen_y: 2,
      buffer_x: 0,
      buffer_y: 1,
      buffer_width: 6,
      buffer_height: 9,
    };
    screen.draw([layer]);
    expect(screen.takeChanges()).toEqual([{ x: 0, y: 2, width: 4, height: 2 }]);
    expect(colourAt(screen.frame, 3, 3)).toEqual([9, 9, 9]);
    expect(colourAt(screen.frame, 0, 1)).toEqual([0, 0, 0]);
  });
});

describe('guest input', () => {
  it('turns places into movements, and says what changed', () => {
    const sent: unknown[] = [];
    const input = new GuestInput({ bus: { send: (event, value) => sent.push([event, value]) } }, () => ({
      width: 640,
      height: 480,
    }));
    const state = { isLeftDown: false, isMiddleDown: false, isRightDown: false, wheel: 0 };
    input.movePointer({ ...state, x: 10, y: 10 });
    input.movePointer({ ...state, x: 13, y: 6, isRightDown: true, wheel: 1 });
    input.sendScancodes([0xe0, 0x4d]);
    expect(sent).toEqual([
      ['mouse-absolute', [10, 10, 640, 480]],
      ['mouse-delta', [3, 4]],
      ['mouse-absolute', [13, 6, 640, 480]],
      ['mouse-click', [false, false, true]],
      ['mouse-wheel', [-1, 0]],
      ['keyboard-code', 0xe0],
      ['keyboard-code', 0x4d],
    ]);
  });
});

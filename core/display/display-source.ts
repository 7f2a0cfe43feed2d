/**
 * The two sides of a screen that the RFB server stands between: a source of pixels, and a place where
 * keys and pointer go. A backend implements both; neither knows RFB.
 */

/** A picture in memory. `pixels` holds R, G, B and an unused byte for each pixel, rows without padding. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** In pixels, from the top left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface DisplaySource {
  /** The picture as of the last refresh. A new object when the size changes, else written in place. */
  readonly frame: Frame;
  /**
   * Brings the frame up to date. Returns what changed since the last refresh; after a change of size that
   * is the whole new frame. Called up to 30 times a second while somebody looks, so it must be cheap when
   * nothing happened.
   */
  refresh(): readonly Rectangle[];
}

export interface PointerState {
  readonly x: number;
  readonly y: number;
  readonly isLeftDown: boolean;
  readonly isMiddleDown: boolean;
  readonly isRightDown: boolean;
  /** Notches since the last state: negative is up. */
  readonly wheel: number;
}

export interface InputSink {
  /** Bytes of scancode set 1, as a PC keyboard controller hands them out: `1E`, `E0 9D` … */
  sendScancodes(bytes: readonly number[]): void;
  movePointer(state: PointerState): void;
}

/** A black frame. */
export function blankFrame(width: number, height: number): Frame {
  return { width, height, pixels: new Uint8Array(width * height * 4) };
}

export function wholeOf(frame: Frame): Rectangle {
  return { x: 0, y: 0, width: frame.width, height: frame.height };
}

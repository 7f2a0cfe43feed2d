import type { InputSink } from './display-source.ts';
import { keyOfKeysym, leftShift, rightShift } from './keysyms.ts';

/**
 * The keyboard of one client: turns its events into scancodes and knows which keys it holds, so that
 * nothing stays pressed when it goes away.
 */
export class ClientKeyboard {
  private readonly held = new Set<number>();
  private readonly sink: InputSink;

  constructor(sink: InputSink) {
    this.sink = sink;
  }

  /** `scancode`: XT, with 0x80 for the prefix E0; 0 if the client doesn't know it. */
  extendedKey(scancode: number, keysym: number, isDown: boolean): void {
    if (scancode === 0) this.key(keysym, isDown);
    else if (scancode < 0x100) this.send(scancode, isDown);
  }

  /** For clients without scancodes. Shift is pressed for a character that needs it, if they don't. */
  key(keysym: number, isDown: boolean): void {
    const position = keyOfKeysym(keysym);
    if (position === undefined) return;
    const lacksShift = position.isShifted && isDown && !this.held.has(leftShift) && !this.held.has(rightShift);
    if (lacksShift) this.send(leftShift, true);
    this.send(position.scancode, isDown);
    if (lacksShift) this.send(leftShift, false);
  }

  releaseAll(): void {
    for (const scancode of [...this.held]) this.send(scancode, false);
  }

  private send(scancode: number, isDown: boolean): void {
    if (isDown) this.held.add(scancode);
    else this.held.delete(scancode);
    const code = (scancode & 0x7f) | (isDown ? 0 : 0x80);
    this.sink.sendScancodes((scancode & 0x80) === 0 ? [code] : [0xe0, code]);
  }
}

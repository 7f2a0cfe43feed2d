import { keyOfKeysym, leftShift, rightShift } from '../../display/keysyms.ts';

const enter = 0x1c;
const backspace = 0x0e;
const escape = 0x01;

/** Characters by scancode, without and with Shift. */
const characters = new Map<string, string>();
for (let code = 0x20; code < 0x7f; code++) {
  const key = keyOfKeysym(code);
  if (key !== undefined) characters.set(`${String(key.scancode)} ${String(key.isShifted)}`, String.fromCharCode(code));
}
// Shift changes nothing about a blank.
characters.set(`${String(keyOfKeysym(0x20)?.scancode)} true`, ' ');

/** A keyboard read line by line: takes scancodes of set 1 and gives the line when Enter goes down. */
export class TypedLines {
  private text = '';
  private readonly shifts = new Set<number>();

  constructor(private readonly onLine: (line: string) => void) {}

  take(bytes: readonly number[]): void {
    for (const byte of bytes) {
      const key = byte & 0x7f;
      const isDown = byte < 0x80;
      if (byte === 0xe0) continue;
      if (key === leftShift || key === rightShift) this.shift(key, isDown);
      else if (isDown) this.press(key);
    }
  }

  private shift(key: number, isDown: boolean): void {
    if (isDown) this.shifts.add(key);
    else this.shifts.delete(key);
  }

  private press(key: number): void {
    if (key === enter) {
      const line = this.text;
      this.text = '';
      this.onLine(line);
    } else if (key === escape) {
      this.text = '';
    } else if (key === backspace) {
      this.text = this.text.slice(0, -1);
    } else {
      this.text += characters.get(`${String(key)} ${String(this.shifts.size > 0)}`) ?? '';
    }
  }
}

/**
 * Which key of a US keyboard makes an X11 keysym, for clients that send no scancodes. A key is an XT
 * scancode; 0x80 in it stands for the prefix E0, as in RFB's extended key event.
 */
export interface KeyPosition {
  readonly scancode: number;
  /** The character needs Shift. */
  readonly isShifted: boolean;
}

export const leftShift = 0x2a;
export const rightShift = 0x36;

/** Rows of the keyboard: first scancode, characters without and with Shift. */
const rows: readonly (readonly [number, string, string])[] = [
  [0x02, '1234567890-=', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x39, ' ', ' '],
];

/** Keys without a character. Source: X11 keysymdef.h; scan codes of set 1. */
const named: Readonly<Record<number, number>> = {
  0xff08: 0x0e, // BackSpace
  0xff09: 0x0f, // Tab
  0xfe20: 0x0f, // ISO_Left_Tab
  0xff0d: 0x1c, // Return
  0xff14: 0x46, // Scroll_Lock
  0xff1b: 0x01, // Escape
  0xff50: 0xc7, // Home
  0xff51: 0xcb, // Left
  0xff52: 0xc8, // Up
  0xff53: 0xcd, // Right
  0xff54: 0xd0, // Down
  0xff55: 0xc9, // Page_Up
  0xff56: 0xd1, // Page_Down
  0xff57: 0xcf, // End
  0xff61: 0xb7, // Print
  0xff63: 0xd2, // Insert
  0xff67: 0xdd, // Menu
  0xff7f: 0x45, // Num_Lock
  0xff8d: 0x9c, // KP_Enter
  0xffaa: 0x37, // KP_Multiply
  0xffab: 0x4e, // KP_Add
  0xffad: 0x4a, // KP_Subtract
  0xffae: 0x53, // KP_Decimal
  0xffaf: 0xb5, // KP_Divide
  0xffe1: leftShift,
  0xffe2: rightShift,
  0xffe3: 0x1d, // Control_L
  0xffe4: 0x9d, // Control_R
  0xffe5: 0x3a, // Caps_Lock
  0xffe7: 0xdb, // Meta_L
  0xffe9: 0x38, // Alt_L
  0xffea: 0xb8, // Alt_R
  0xffeb: 0xdb, // Super_L
  0xffec: 0xdc, // Super_R
  0xffff: 0xd3, // Delete
  0xffc8: 0x57, // F11
  0xffc9: 0x58, // F12
};

const keypadDigits = [0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49];

function buildTable(): ReadonlyMap<number, KeyPosition> {
  const table = new Map<number, KeyPosition>();
  for (const [first, plain, shifted] of rows) {
    for (let i = 0; i < plain.length; i++) {
      table.set(shifted.charCodeAt(i), { scancode: first + i, isShifted: true });
      table.set(plain.charCodeAt(i), { scancode: first + i, isShifted: false });
    }
  }
  for (const [keysym, scancode] of Object.entries(named)) table.set(Number(keysym), { scancode, isShifted: false });
  keypadDigits.forEach((scancode, digit) => table.set(0xffb0 + digit, { scancode, isShifted: false }));
  for (let i = 0; i < 10; i++) table.set(0xffbe + i, { scancode: 0x3b + i, isShifted: false }); // F1 to F10
  return table;
}

const table = buildTable();

/** `undefined`: no key of a US keyboard makes it. */
export function keyOfKeysym(keysym: number): KeyPosition | undefined {
  return table.get(keysym);
}

/** What of a keyboard event is compared with an action's key. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Keys that a browser keeps for itself; a page in a tab never gets them. */
const reservedInTab = new Set(['Ctrl+N', 'Ctrl+W', 'Ctrl+T', 'Ctrl+Shift+N', 'Ctrl+Shift+T', 'Ctrl+Q']);

/** The key as it may be offered in this shell, or `undefined` where the browser would take it. */
export function offeredKey(key: string | undefined, shell: 'electron' | 'tab'): string | undefined {
  if (key === undefined) return undefined;
  return shell === 'tab' && reservedInTab.has(key) ? undefined : key;
}

/** Whether an event is the press of a key such as `Ctrl+Shift+E`. */
export function matchesKey(key: string, press: KeyPress, isMac: boolean): boolean {
  const parts = key.split('+');
  const name = parts.at(-1) ?? '';
  const control = isMac ? press.metaKey : press.ctrlKey;
  const other = isMac ? press.ctrlKey : press.metaKey;
  if (other) return false;
  if (control !== parts.includes('Ctrl')) return false;
  if (press.shiftKey !== parts.includes('Shift')) return false;
  if (press.altKey !== parts.includes('Alt')) return false;
  return sameKey(name, press);
}

/** How a key is written in menus: `Ctrl+E`, on macOS `⌘E`. */
export function writeKey(key: string, isMac: boolean): string {
  if (!isMac) return key;
  const signs: Readonly<Record<string, string>> = { Ctrl: '⌘', Shift: '⇧', Alt: '⌥', Enter: '↩', Del: '⌦' };
  return key
    .split('+')
    .map((part) => signs[part] ?? part)
    .join('');
}

/** The form that assistive technology reads from `aria-keyshortcuts`. */
export function ariaKey(key: string, isMac: boolean): string {
  const names: Readonly<Record<string, string>> = { Ctrl: isMac ? 'Meta' : 'Control', Del: 'Delete', Ins: 'Insert' };
  return key
    .split('+')
    .map((part) => names[part] ?? part)
    .join('+');
}

export function isMacPlatform(): boolean {
  return typeof navigator !== 'undefined' && /mac/i.test(navigator.platform);
}

const namedKeys: Readonly<Record<string, string>> = { Del: 'Delete', Ins: 'Insert' };

function sameKey(name: string, press: KeyPress): boolean {
  const wanted = namedKeys[name] ?? name;
  // With a modifier the produced character differs between layouts; letters and digits go by their place too.
  if (/^[A-Z]$/.test(wanted)) return press.key.toUpperCase() === wanted || press.code === `Key${wanted}`;
  if (/^[0-9]$/.test(wanted)) return press.key === wanted || press.code === `Digit${wanted}`;
  return press.key === wanted;
}

/**
 * One line of a configuration file: `name = value`, a comment, or anything else. Lines keep their text;
 * only the value of a changed setting is written anew.
 */
export type VmxLine =
  | { readonly kind: 'other'; readonly text: string }
  | {
      readonly kind: 'setting';
      /** As written; names mean the same in any case. */
      readonly name: string;
      readonly value: string;
      /** Everything before the value, and after it: `name = ` and trailing blanks. */
      readonly head: string;
      readonly tail: string;
      readonly text: string;
    };

const settingPattern = /^(\s*([^\s=#"][^\s="]*)\s*=[ \t]*)(.*)$/s;

export function parseLine(text: string): VmxLine {
  const match = settingPattern.exec(text);
  const [, head, name, rest] = match ?? [];
  if (head === undefined || name === undefined || rest === undefined) return { kind: 'other', text };
  if (!rest.startsWith('"')) {
    // A bare value of a file edited by hand: to the end of the line.
    const value = rest.trimEnd();
    return { kind: 'setting', name, value: decodeValue(value), head, tail: rest.slice(value.length), text };
  }
  // A quote inside a value is written |22, so the next one ends it, unless the line ends in another.
  const trimmed = rest.trimEnd();
  const end = trimmed.length > 1 && trimmed.endsWith('"') ? trimmed.length - 1 : rest.indexOf('"', 1);
  const stop = end === -1 ? trimmed.length : end;
  return { kind: 'setting', name, value: decodeValue(rest.slice(1, stop)), head, tail: rest.slice(stop + 1), text };
}

/** The same line with another value, in quotes. */
export function withValue(line: VmxLine & { kind: 'setting' }, value: string): VmxLine & { kind: 'setting' } {
  return { ...line, value, text: `${line.head}"${encodeValue(value)}"${line.tail}` };
}

export function newLine(name: string, value: string): VmxLine & { kind: 'setting' } {
  const head = `${name} = `;
  return { kind: 'setting', name, value, head, tail: '', text: `${head}"${encodeValue(value)}"` };
}

/** `|22` is a quote and `|7C` a bar, as later products write them; a bar without two hex digits is itself. */
export function decodeValue(text: string): string {
  return text.replace(/\|([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

/** Only quotes, bars and control characters are escaped: backslashes of Windows paths are literal. */
export function encodeValue(value: string): string {
  return value.replace(
    /["|\p{Cc}]/gu,
    (character) => `|${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

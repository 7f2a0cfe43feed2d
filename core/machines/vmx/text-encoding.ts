/**
 * Bytes of a configuration file ↔ text. Files of that era carry no encoding key: what is valid UTF-8 is
 * UTF-8, everything else is windows-1252, in which every byte means something. Both directions together
 * keep every byte.
 */
export type TextEncoding = 'utf-8' | 'windows-1252';

/** What windows-1252 has in 80h–9Fh; bytes without a character stand for the C1 control of their number. */
const upperControls =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

const byteOfUpperControl = new Map([...upperControls].map((character, index) => [character, 0x80 + index]));

export function decodeText(bytes: Uint8Array): { text: string; encoding: TextEncoding } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    let text = '';
    for (const byte of bytes) {
      text += byte >= 0x80 && byte < 0xa0 ? upperControls.charAt(byte - 0x80) : String.fromCharCode(byte);
    }
    return { text, encoding: 'windows-1252' };
  }
}

/** The bytes of `text`, in UTF-8 where `encoding` has no byte for one of its characters. */
export function encodeText(text: string, encoding: TextEncoding): Uint8Array {
  return (encoding === 'windows-1252' ? encodeWindows1252(text) : undefined) ?? Buffer.from(text, 'utf-8');
}

function encodeWindows1252(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isDirect = code < 0x80 || (code >= 0xa0 && code <= 0xff);
    const byte = isDirect ? code : byteOfUpperControl.get(text.charAt(index));
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

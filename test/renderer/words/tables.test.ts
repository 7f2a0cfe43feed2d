import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';

const renderer = resolve(import.meta.dirname, '../../../renderer');
const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).filter((file) => /words\.ts$/.test(file));

/** Text between quotes in a table of words, with its escapes undone. */
function stringsOf(file: string): string[] {
  const source = readFileSync(join(renderer, file), 'utf8');
  return [...source.matchAll(/:\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1,?$/gm)].map((match) =>
    (match[2] ?? '')
      .replace(/\\u([0-9a-f]{4})/g, (_all, code: string) => String.fromCharCode(parseInt(code, 16)))
      .replace(/\\(.)/g, '$1'),
  );
}

describe('every table of words', () => {
  it.each(files)('%s can be read as ICU messages', (file) => {
    for (const text of stringsOf(file))
      expect(() => new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }), text).not.toThrow();
  });

  it('keeps to the words of the product', () => {
    for (const file of files) {
      for (const text of stringsOf(file)) {
        expect(text, file).not.toMatch(/\b(delta|overlay|backing file|snapshot|consolidate|pivot|AVHD)s?\b/i);
      }
    }
  });
});

import { IntlMessageFormat } from 'intl-messageformat';
import { formatDate } from './dates.ts';
import { locale } from './locale.ts';
import { formatSize } from './sizes.ts';

/** What a placeholder may be filled with. A date is spelled by locale; plain numbers follow ICU in the text. */
export type WordValue = string | number | Date | { readonly bytes: number };

/** Looks up one string of a table and fills its placeholders. */
export type Words<Id extends string> = (id: Id, values?: Readonly<Record<string, WordValue>>) => string;

/**
 * Makes the lookup of one feature's strings: `const t = defineWords({ 'p1.keep': 'Keep', … })`. Strings are
 * ICU messages (plural, select); they are English and whole sentences, never joined fragments. `{bytes: n}`
 * becomes a size and a Date becomes a date with its time.
 */
export function defineWords<const Table extends Readonly<Record<string, string>>>(
  table: Table,
): Words<Extract<keyof Table, string>> {
  const compiled = new Map<string, IntlMessageFormat>();
  return (id, values = {}) => {
    const text = table[id];
    if (text === undefined) throw new Error(`no words for ${id}`);
    let message = compiled.get(id);
    if (message === undefined) {
      message = new IntlMessageFormat(text, locale(), undefined, { ignoreTag: true });
      compiled.set(id, message);
    }
    const filled = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, spell(value)]));
    return String(message.format(filled));
  };
}

function spell(value: WordValue): string | number {
  if (value instanceof Date) return formatDate(value.getTime());
  if (typeof value === 'object') return formatSize(value.bytes);
  return value;
}

import { locale } from './locale.ts';

/** Several names as the language joins them: `a, b and c`. */
export function listWords(names: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names);
}

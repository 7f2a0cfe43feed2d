/** The reader's language tag, for numbers and dates. The strings themselves are English. */
export function locale(): string {
  return typeof navigator === 'undefined' ? 'en' : navigator.language || 'en';
}

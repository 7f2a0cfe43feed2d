import { RedoubtError } from '../base/redoubt-error.ts';

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A size in bytes from `4294967296`, `512K` or `4G` (powers of 1024, either case). Throws disk.bad-size. */
export function parseSize(text: string): number {
  const [, digits, unit = ''] = /^([0-9]+)([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (units[unit.toUpperCase()] ?? NaN);
  if (digits !== undefined && Number.isSafeInteger(bytes)) return bytes;
  const reason = 'not a number of bytes, or of K, M, G or T';
  throw new RedoubtError('disk.bad-size', `"${text}" is no size: ${reason}.`, { value: text, reason });
}

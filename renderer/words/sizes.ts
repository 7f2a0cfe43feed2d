import { locale } from './locale.ts';

const units = ['KB', 'MB', 'GB', 'TB', 'PB'] as const;

/**
 * A number of bytes for people: binary units, written KB, MB, GB as virtual machine software does. Below
 * ten, one digit after the point (`4.0 GB`), else none (`96 MB`). Whole kilobytes are the smallest unit.
 */
export function formatSize(bytes: number): string {
  if (bytes <= 0) return `0 ${units[0]}`;
  let value = bytes / 1024;
  let unit = 0;
  // 1023.6 MB would be rounded to 1024 MB; it is written 1.0 GB.
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${number(Math.max(1, Math.round(value)), 0)} ${units[0]}`;
  return `${number(value, value < 9.95 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** Bytes a second, for a task's speed. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}

function number(value: number, digits: number): string {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

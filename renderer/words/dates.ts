import { locale } from './locale.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * A point in time for people: only the time if it is today, the weekday within the last week, else the
 * date. `ms` counts from 1970; `now` is given in tests.
 */
export function formatDate(ms: number, now: number = Date.now()): string {
  const date = new Date(ms);
  if (date.toDateString() === new Date(now).toDateString()) return format(date, { timeStyle: 'short' });
  const isRecent = ms <= now && now - ms < 6 * dayMs;
  if (isRecent) return format(date, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
  return format(date, { dateStyle: 'medium', timeStyle: 'short' });
}

/** A running time as hours, minutes and seconds: `00:12:40`. */
export function formatElapsed(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Time that remains, coarse on purpose: `40 s`, `3 min`, `2 h`. */
export function formatRemaining(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  if (seconds < 60) return unit(Math.max(1, seconds), 'second');
  if (seconds < 3600) return unit(Math.ceil(seconds / 60), 'minute');
  return unit(Math.ceil(seconds / 3600), 'hour');
}

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), options).format(date);
}

function unit(value: number, name: 'second' | 'minute' | 'hour'): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
}

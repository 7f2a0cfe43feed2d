import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { statusOf } from './file-status.ts';
import { MIB } from './units.ts';

/** Lines of what happened, for people who look for the cause of a failure. Never throws. */
export interface Logger {
  info(text: string): void;
  warn(text: string): void;
  /** The error with its code or stack. */
  error(text: string, error?: unknown): void;
  close(): void;
}

const longestBytes = 2 * MIB;

/**
 * Appends to `file`, one line an entry: time, level, text. A file that has become long is put aside as
 * `.old` first. A file that can't be opened means: no log.
 */
export function openLogger(file: string): Logger {
  let descriptor: number | undefined;
  try {
    if ((statusOf(file)?.size ?? 0) > longestBytes) renameSync(file, `${file}.old`);
    descriptor = openSync(file, 'a', 0o600);
  } catch {
    return silentLogger;
  }
  const write = (level: string, text: string): void => {
    if (descriptor === undefined) return;
    try {
      writeSync(descriptor, `${new Date().toISOString()} ${level} ${text}\n`);
    } catch {
      // A full disk must not end a machine for the sake of its log.
    }
  };
  return {
    info: (text) => {
      write('info ', text);
    },
    warn: (text) => {
      write('warn ', text);
    },
    error: (text, error) => {
      write('error', error === undefined ? text : `${text}: ${describe(error)}`);
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

export const silentLogger: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  close: () => undefined,
};

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  const text = `${typeof code === 'string' ? `${code}: ` : ''}${error.stack ?? error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
}

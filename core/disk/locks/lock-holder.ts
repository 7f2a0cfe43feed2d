import { readFileIfThere } from '../../base/atomic-file.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { currentProcess, isProvedGone, type ProcessIdentity } from '../../base/process-identity.ts';

export type LockKind = 'writer' | 'reader';

/** The content of one file in `FILE.lck/`. */
export interface LockHolder extends ProcessIdentity {
  readonly kind: LockKind;
  /** Random; also the file's name. */
  readonly token: string;
  readonly purpose: string;
  readonly machineName?: string;
}

/** A holder's file after this long without a sign of life is shown as probably stale; it is not broken without asking. */
const silentAfterMs = 60_000;

export function newHolder(kind: LockKind, token: string, purpose: string, machineName: string | undefined): LockHolder {
  return { ...currentProcess(), kind, token, purpose, ...(machineName === undefined ? {} : { machineName }) };
}

export function encodeHolder(holder: LockHolder): string {
  return `${JSON.stringify({ redoubt: 1, ...holder })}\n`;
}

/** The holder that a file names; `undefined` where it names none, or is gone. Throws disk.permission, disk.io. */
export function readHolder(file: string): LockHolder | undefined {
  try {
    const text = readFileIfThere(file);
    return text === undefined ? undefined : decodeHolder(text);
  } catch (error) {
    if (error instanceof RedoubtError && error.kind === 'data') return undefined;
    throw error;
  }
}

/** `undefined` where the text is no complete holder: its writer was cut off. */
function decodeHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Partial<Record<keyof LockHolder, unknown>>;
  const texts = [
    fields.host,
    fields.machineId,
    fields.bootId,
    fields.pidNamespace,
    fields.startTime,
    fields.token,
    fields.purpose,
  ];
  if (texts.some((field) => typeof field !== 'string')) return undefined;
  if (typeof fields.pid !== 'number' || !Number.isInteger(fields.pid) || fields.pid <= 0) return undefined;
  if (fields.kind !== 'writer' && fields.kind !== 'reader') return undefined;
  if (fields.machineName !== undefined && typeof fields.machineName !== 'string') return undefined;
  return value as LockHolder;
}

/** What is known of a holder's file. `gone` may be broken without asking; `silent` only after asking. */
export function judgeHolder(
  holder: LockHolder | undefined,
  { ageMs, isLocalFileSystem }: { ageMs: number; isLocalFileSystem: boolean },
): 'alive' | 'silent' | 'gone' {
  const isSilent = ageMs > silentAfterMs;
  // A live holder's file is complete from its first moment; half a file is what a power loss left.
  if (holder === undefined) return isSilent ? 'gone' : 'alive';
  if (isProvedGone(holder, isLocalFileSystem)) return 'gone';
  return isSilent ? 'silent' : 'alive';
}

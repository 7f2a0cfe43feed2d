import { bootedAtMs, currentProcess, isProvedGone, type ProcessIdentity } from '../../base/process-identity.ts';

export type LockKind = 'writer' | 'reader';

/** The content of one entry in `FILE.lck/`. */
export interface LockHolder extends ProcessIdentity {
  readonly kind: LockKind;
  /** Random; also the entry's name. */
  readonly token: string;
  readonly purpose: string;
  readonly machineName?: string;
  /** A writer of a log that nobody wants once the session is over, however it ends. */
  readonly isNonpersistent?: true;
}

export interface LockReason {
  /** Shown to others: `running`, `commit`, … */
  readonly purpose: string;
  readonly machineName?: string;
  /** What is locked is the log of a nonpersistent session. */
  readonly isNonpersistent?: boolean;
}

/** A holder without a sign of life for this long is shown as probably stale; it is not broken without asking. */
const silentAfterMs = 60_000;
/** Longest text in an entry, in UTF-16 units. A name longer than this is nobody's. */
const longestText = 1024;

export function newHolder(
  kind: LockKind,
  token: string,
  { purpose, machineName, isNonpersistent }: LockReason,
): LockHolder {
  return {
    ...currentProcess(),
    kind,
    token,
    purpose: asText(purpose),
    ...(machineName === undefined ? {} : { machineName: asText(machineName) }),
    ...(isNonpersistent === true ? { isNonpersistent } : {}),
  };
}

export function encodeHolder(holder: LockHolder): string {
  return `${JSON.stringify({ redoubt: 1, ...holder })}\n`;
}

/** `undefined` where the text is no complete holder: its writer was cut off, or it was never ours. */
export function decodeHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, machineId, bootId, pidNamespace, startTime, token, purpose, pid, kind, machineName, isNonpersistent } =
    value as Partial<Record<keyof LockHolder, unknown>>;
  const texts = [host, machineId, bootId, pidNamespace, startTime, token, purpose];
  if (!texts.every(isText) || !(machineName === undefined || isText(machineName))) return undefined;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (kind !== 'writer' && kind !== 'reader') return undefined;
  if (isNonpersistent !== undefined && isNonpersistent !== true) return undefined;
  return value as LockHolder;
}

export type HolderVerdict = 'alive' | 'silent' | 'gone';

/**
 * What is known of an entry. `gone` may be swept away without asking; `silent` may be broken by the user.
 * `seenAtMs`: its last heartbeat.
 */
export function judgeHolder(
  holder: LockHolder | undefined,
  { seenAtMs, isLocalFileSystem }: { seenAtMs: number; isLocalFileSystem: boolean },
): HolderVerdict {
  if (holder === undefined) {
    // A live holder's entry is complete from its first moment; half of one is what a power loss left, and
    // then it is older than this boot.
    const bootedAt = bootedAtMs();
    if (isLocalFileSystem && bootedAt !== undefined && seenAtMs < bootedAt) return 'gone';
  } else if (isProvedGone(holder, isLocalFileSystem)) return 'gone';
  return Date.now() - seenAtMs > silentAfterMs ? 'silent' : 'alive';
}

/** It is shown to people on terminals, and may come from anybody. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestText && !/\p{Cc}/u.test(value);
}

function asText(value: string): string {
  return value.replace(/\p{Cc}/gu, ' ').slice(0, longestText);
}

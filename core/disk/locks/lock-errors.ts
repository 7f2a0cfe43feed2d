import { RedoubtError } from '../../base/redoubt-error.ts';
import type { FoundHolder } from './holder-entry.ts';

/** The refusal that names the holder, so that the user can be asked about it. */
export function lockedError(file: string, found: FoundHolder | undefined): RedoubtError<'disk.locked'> {
  if (found === undefined) return new RedoubtError('disk.locked', `${file} is in use.`, { file });
  const { token, path } = found;
  if (found.holder === undefined) {
    // Where nobody can be asked, the user has to find out.
    const message = `${file} is in use: ${path} counts as a lock, and does not say whose.`;
    return new RedoubtError('disk.locked', message, { file, token });
  }
  const { pid, host, purpose, machineName } = found.holder;
  const who = machineName === undefined ? `process ${String(pid)} on ${host}` : `"${machineName}"`;
  const sign = found.verdict === 'alive' ? '' : `, which gives no sign of life; its lock is ${path}`;
  return new RedoubtError('disk.locked', `${file} is in use by ${who} (${purpose})${sign}.`, {
    file,
    token,
    holder: {
      pid,
      host,
      purpose,
      isStale: found.verdict !== 'alive',
      seenAt: Math.floor(found.seenAtMs),
      ...(machineName === undefined ? {} : { machineName }),
    },
  });
}

/** What a holder answers whose lock somebody has broken. */
export function lockBroken(file: string): RedoubtError<'disk.io'> {
  return new RedoubtError('disk.io', `The lock of ${file} was broken.`, {
    file,
    operation: 'lock',
    errno: 'ELOCKBROKEN',
  });
}

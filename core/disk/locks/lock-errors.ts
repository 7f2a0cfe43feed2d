import { RedoubtError } from '../../base/redoubt-error.ts';
import type { FoundHolder } from './holder-entry.ts';

/** The refusal that names the holder, so that the user can be asked about it. */
export function lockedError(file: string, found: FoundHolder | undefined): RedoubtError<'disk.locked'> {
  if (found?.holder === undefined) {
    const details = found === undefined ? { file } : { file, token: found.token };
    return new RedoubtError('disk.locked', `${file} is in use.`, details);
  }
  const { pid, host, purpose, machineName } = found.holder;
  const who = machineName === undefined ? `process ${String(pid)} on ${host}` : `"${machineName}"`;
  return new RedoubtError('disk.locked', `${file} is in use by ${who} (${purpose}).`, {
    file,
    token: found.token,
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

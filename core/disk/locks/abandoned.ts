import { lstatSync } from 'node:fs';
import type { FoundHolder } from './holder-entry.ts';

/**
 * Whether a nonpersistent session held a log and is proved to be gone, and nobody has had the log since: its entry
 * is still there, because whoever takes a lock sweeps the entries of the dead. So a log that somebody has opened
 * afterwards, to rescue what is in it, is his.
 *
 * `found`: all holders of the log. An entry counts only if it is the same user's as the log: in a folder where
 * everybody may make files, anybody may make an entry.
 */
export function isAbandoned(file: string, found: readonly FoundHolder[]): boolean {
  return (
    found.length > 0 &&
    found.every(({ verdict }) => verdict === 'gone') &&
    found.some(({ path, holder }) => holder?.isNonpersistent === true && isSameUsers(path, file))
  );
}

function isSameUsers(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => lstatSync(path, { throwIfNoEntry: false })?.uid);
  return first !== undefined && first === second;
}

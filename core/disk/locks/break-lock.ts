import { setTimeout as sleep } from 'node:timers/promises';
import { breakGate, gateHolder, withGate } from './gate.ts';
import type { FoundHolder } from './holder-entry.ts';
import { lockedError } from './lock-errors.ts';
import { breakEntry, lockFolder, lookAtLoneHolder, readHolders } from './lock-folder.ts';

/** Longer than a heartbeat: whoever lives shows it in this time, however wrong the clocks of two hosts are. */
const watchFor = 11_000;

/**
 * Breaks the lock that a refusal named (`file` and `token` of disk.locked), because the user says that its
 * holder is gone. Watches it for eleven seconds first. Does nothing where it is gone by itself. A holder that
 * lives after all finds out before it writes metadata, and answers EIO.
 * Throws disk.locked if the holder shows a sign of life, disk.permission, disk.no-space, disk.io.
 */
export async function breakLock(
  file: string,
  token: string,
  { watchMs = watchFor }: { watchMs?: number } = {},
): Promise<void> {
  const before = find(file, token);
  if (before === undefined) return;
  if (before.verdict !== 'gone') await watch(file, before, watchMs);
  const isSame = (now: FoundHolder | undefined) =>
    now === undefined || (now.holder?.token === before.holder?.token && now.seenAtMs === before.seenAtMs);
  if (lookAtLoneHolder(file) !== undefined) {
    if (!breakEntry(before, file, isSame)) throw lockedError(file, find(file, token));
    return;
  }
  const folder = lockFolder(file);
  if (gateHolder(folder)?.token === token) {
    breakGate(folder, (aside) => isSame(gateHolder(folder, aside)));
    return;
  }
  await withGate(file, () => {
    const now = find(file, token);
    if (now !== undefined && !breakEntry(now, file, isSame)) throw lockedError(file, now);
  });
}

function find(file: string, token: string): FoundHolder | undefined {
  return [...readHolders(file), gateHolder(lockFolder(file))].find((found) => found?.token === token);
}

async function watch(file: string, before: FoundHolder, watchMs: number): Promise<void> {
  if (before.verdict === 'alive') throw lockedError(file, before);
  await sleep(watchMs);
  const after = find(file, before.token);
  if (after !== undefined && after.seenAtMs !== before.seenAtMs) throw lockedError(file, after);
}

import { dirname } from 'node:path';
import { asFileError, errnoOf } from '../base/file-error.ts';
import { acquireLock, isHeld, isHolderGone, lockHolder, type LockFile } from '../base/lock-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

/**
 * Only one process at a time runs a machine, or carries out what was decided about its disks. The lock lies
 * beside the configuration file, so that it holds for everybody who opens that file.
 */
export async function lockMachine(
  configPath: string,
  machineName: string,
  purpose: string,
  waitMs = 0,
): Promise<LockFile> {
  try {
    const lock = await acquireLock(lockPath(configPath), purpose, waitMs);
    if (isHeld(lock)) return lock;
    throw new RedoubtError('machine.busy', `"${machineName}" is busy: ${lock.purpose} (process ${String(lock.pid)}).`, {
      machine: machineName,
      doing: lock.purpose,
    });
  } catch (error) {
    const known = errnoOf(error) === undefined ? undefined : asFileError(error, configPath, 'lock');
    if (known?.code !== 'disk.permission') throw known ?? error;
    const folder = dirname(configPath);
    throw new RedoubtError(
      'machine.folder-not-writable',
      `No permission to write to ${folder}.`,
      { folder },
      { cause: error },
    );
  }
}

/** What a runner holds the lock for. */
export const runningPurpose = 'running';

/** Whether a runner has the machine now. */
export function isMachineRunning(configPath: string): boolean {
  const holder = lockHolder(lockPath(configPath));
  return holder?.purpose === runningPurpose && !isHolderGone(holder);
}

function lockPath(configPath: string): string {
  return `${configPath}.lock`;
}

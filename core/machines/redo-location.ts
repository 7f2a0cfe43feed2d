import type { DiskMode } from '../api/machines.ts';
import { absoluteFrom } from './machine-configuration.ts';

/** Where a disk's next redo log is made. `directory` absent: beside the disk. */
export interface RedoLocation {
  readonly directory?: string;
  /** The name ends in six random characters, so that it can't meet another machine's. */
  readonly hasRandomSuffix: boolean;
}

export interface RedoLocationQuery {
  readonly mode: DiskMode;
  /** As typed: blank, `.`, or a folder; relative ones start at the configuration file. */
  readonly redoLogDir: string;
  readonly configDirectory: string;
}

/**
 * Where a log goes. Pure.
 *
 * | REDO log directory | undoable | nonpersistent |
 * | --- | --- | --- |
 * | blank | beside the disk, plain name | the machine's folder, random name |
 * | `.` | the machine's folder, random name | the same |
 * | a folder | that folder, random name | the same |
 */
export function redoLocation({ mode, redoLogDir, configDirectory }: RedoLocationQuery): RedoLocation {
  const typed = redoLogDir.trim();
  if (typed !== '') return { directory: absoluteFrom(configDirectory, typed), hasRandomSuffix: true };
  if (mode === 'nonpersistent') return { directory: configDirectory, hasRandomSuffix: true };
  return { hasRandomSuffix: false };
}

/** The log that a disk gets where there is no REDO log directory: first file, absolute. */
export function plainRedoPath(diskPath: string): string {
  return `${diskPath}.REDO`;
}

export interface RedoClaim {
  readonly machineId: string;
  readonly machineName: string;
  readonly diskPath: string;
  readonly mode: DiskMode;
  readonly redoLogDir: string;
}

/**
 * Another machine that would write a log of the very same name: both have an undoable disk on one file and
 * neither has a REDO log directory. Random names never meet. Pure; paths are absolute.
 */
export function findRedoClash(
  claim: Omit<RedoClaim, 'machineName'>,
  others: readonly RedoClaim[],
): RedoClaim | undefined {
  if (!isPlain(claim)) return undefined;
  return others.find(
    (other) => other.machineId !== claim.machineId && other.diskPath === claim.diskPath && isPlain(other),
  );
}

function isPlain(claim: { mode: DiskMode; redoLogDir: string }): boolean {
  return claim.mode === 'undoable' && claim.redoLogDir.trim() === '';
}

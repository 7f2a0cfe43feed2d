import type { BlockDevice } from './block-device.ts';
import type { OpenContext } from './open-context.ts';

export type DiskMode = 'persistent' | 'undoable' | 'nonpersistent';

export interface SessionRequest {
  /** The configured disk: a base or a redo log. */
  readonly file: string;
  readonly mode: DiskMode;
  /** The redo log that takes the writes, made by createRedoLog over `file`. Absent exactly when persistent. */
  readonly redo?: string;
  /** UUID of the machine: a log that another machine owns is refused (disk.redo-taken). */
  readonly owner?: string;
  readonly context?: OpenContext;
}

/** What one power-on does with one disk. Whoever opened it closes it. */
export interface DiskSession {
  readonly device: BlockDevice;
  readonly file: string;
  readonly mode: DiskMode;
  /** First file of the log that takes the writes; changes with replaceRedo. */
  readonly redo?: string;
  /** What the leaf holds. */
  stats(): { allocatedBytes: number; isEmpty: boolean };
  /**
   * Nonpersistent reset; the guest is paused and no request is open. Drops and removes the old log; the
   * same device goes on over `newRedo`, which createRedoLog made over the same file.
   */
  replaceRedo(newRedo: string): Promise<void>;
  /** Closes clean and lets go of the locks; in nonpersistent mode the log is removed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a disk for a guest: settles unfinished work, takes the locks (one writer on the leaf, readers on the
 * rest), checks parents and owner. Throws what inspectChain throws, and disk.locked, disk.read-only,
 * disk.redo-taken, disk.commit-unfinished, disk.permission, disk.io.
 */
export async function openDiskSession(request: SessionRequest): Promise<DiskSession> {
  await Promise.resolve();
  throw new Error(`not written yet: ${request.file}`);
}

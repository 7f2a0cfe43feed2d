import type { OpenContext } from './open-context.ts';

export interface RedoLogRequest {
  readonly parent: string;
  /** Absent: beside the parent. */
  readonly directory?: string;
  /** The name ends in six random hexadecimal characters. */
  readonly randomSuffix: boolean;
  /** UUID of the machine, 32 lower-case hexadecimal digits. */
  readonly owner?: string;
  readonly context?: OpenContext;
}

/**
 * Makes an empty redo log over a disk, synced with its folder: all segments or none. `file` is the first.
 * Throws disk.redo-taken (no suffix and the name exists), disk.redo-directory, and what opening the parent
 * throws.
 */
export async function createRedoLog(request: RedoLogRequest): Promise<{ file: string; files: string[] }> {
  await Promise.resolve();
  throw new Error(`not written yet: ${request.parent}`);
}

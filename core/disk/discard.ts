import type { OpenContext } from './open-context.ts';

export interface DiscardRequest {
  readonly redo: string;
  readonly context?: OpenContext;
  /** Also where its parent is missing or has changed: the log is lost for good anyway. */
  readonly force?: boolean;
}

/**
 * Removes a redo log with all its segments; its parent is as it was. Throws disk.not-a-redo-log,
 * disk.has-dependents, disk.locked, disk.commit-unfinished, disk.permission, disk.io.
 */
export async function discardRedoLog(request: DiscardRequest): Promise<void> {
  await Promise.resolve();
  throw new Error(`not written yet: ${request.redo}`);
}

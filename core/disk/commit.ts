import type { OpenContext } from './open-context.ts';

export interface CommitProgress {
  readonly phase: 'preparing' | 'copying' | 'checking' | 'removing' | 'done';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface CommitRequest {
  readonly redo: string;
  readonly context?: OpenContext;
  readonly onProgress?: (progress: CommitProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes a redo log's grains into its immediate parent and removes the log. An interrupted commit is resumed
 * by the same call. Throws disk.has-dependents, disk.read-only, disk.locked, disk.no-space, job.cancelled,
 * disk.not-a-redo-log, and what inspectChain throws.
 */
export async function commitRedoLog(request: CommitRequest): Promise<{ parent: string; committedBytes: number }> {
  await Promise.resolve();
  throw new Error(`not written yet: ${request.redo}`);
}

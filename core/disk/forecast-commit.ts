import type { RedoubtError } from '../base/redoubt-error.ts';
import type { OpenContext } from './open-context.ts';

export interface CommitForecast {
  readonly parent: string;
  /** Upper bound of what the parent will take on its file system. */
  readonly needBytes: number;
  readonly freeBytes: number;
  /** Why commitRedoLog would refuse now; absent where it would not. */
  readonly problem?: RedoubtError;
}

/** Looks ahead at a commit without writing or locking anything. Throws as inspectChain, and disk.not-a-redo-log. */
export async function forecastCommit(redo: string, context: OpenContext = {}): Promise<CommitForecast> {
  await Promise.resolve();
  throw new Error(`not written yet: ${redo} ${String(context.purpose)}`);
}

import type { OpenContext } from './open-context.ts';

export interface RedoDescription {
  readonly file: string;
  /** Path of the parent, found and checked. */
  readonly parent: string;
  /** Bytes of grains in all its segments. */
  readonly allocatedBytes: number;
  readonly isEmpty: boolean;
  /** The session that wrote it did not end cleanly. */
  readonly isUnclean: boolean;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly owner?: string;
}

/** What the decision and the power-on question show of a redo log; from headers only. Throws as inspectChain, and disk.not-a-redo-log. */
export async function describeRedo(redo: string, context: OpenContext = {}): Promise<RedoDescription> {
  await Promise.resolve();
  throw new Error(`not written yet: ${redo} ${String(context.purpose)}`);
}

import { requireStatus } from '../../base/file-status.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { findParent } from '../parents/find-parent.ts';
import { readLinkHead } from '../link-head.ts';
import { isOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { openAlone } from '../parents/resolve-chain.ts';

export interface RedoDescription {
  readonly file: string;
  /** Path of the parent, found and checked. */
  readonly parent: string;
  /** The parent stands for an older state of the disk that the log was made on. */
  readonly isOverOldState: boolean;
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
  const head = readLinkHead(redo);
  if (head.state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${head.path} is no redo log.`, { file: head.path });
  const parent = findParent(head, [head], context);
  const link = await openAlone(head, context);
  try {
    const owner = link.record?.owner;
    return {
      file: head.path,
      parent: parent.path,
      isOverOldState: isOldState(parent),
      allocatedBytes: link.allocatedBytes(),
      isEmpty: link.isEmpty(),
      isUnclean: !link.isClean,
      changedAt: Math.max(...head.files.map((path) => Math.floor(requireStatus(path).mtimeMs))),
      ...(owner === undefined ? {} : { owner }),
    };
  } finally {
    link.close();
  }
}

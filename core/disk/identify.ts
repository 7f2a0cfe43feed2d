import { RedoubtError } from '../base/redoubt-error.ts';
import { firstSegmentPath, readSegmentHead, type LinkHead } from './link-head.ts';
import { knownCapacityBytes } from './parent-check.ts';

/** What one file is, by its own header. Sizes in bytes. */
export type FileIdentity =
  | {
      readonly kind: 'base' | 'redo-log';
      readonly format: 'cowd';
      /** The name of the parent as the redo log stores it; absent for a base. */
      readonly parent?: string;
      /** Absent for a redo log of several segments: its first header does not say. */
      readonly capacityBytes?: number;
      /** Files of the whole disk. */
      readonly segmentCount: number;
      readonly generation: number;
      readonly linkId?: string;
      readonly contentId?: string;
      /** Machine that made the redo log: 32 hexadecimal digits. */
      readonly owner?: string;
    }
  | {
      readonly kind: 'segment';
      /** From 2. */
      readonly part: number;
      readonly segmentCount: number;
      /** Path of the file to use instead, beside it; it need not exist. */
      readonly first: string;
      readonly role: 'base' | 'redo-log';
    }
  | { readonly kind: 'not-a-disk'; readonly reason?: string };

/**
 * Says what a file is by reading one header and following nothing. A file that is no disk is an answer, not
 * an error. Throws disk.not-found, disk.permission or disk.io.
 */
export function identifyFile(path: string): FileIdentity {
  let head: Omit<LinkHead, 'files'>;
  try {
    head = readSegmentHead(path);
  } catch (error) {
    if (error instanceof RedoubtError && (error.kind === 'data' || error.is('disk.unsupported'))) {
      return { kind: 'not-a-disk', reason: error.message };
    }
    throw error;
  }
  const { header } = head;
  const role = header.parent === undefined ? 'base' : 'redo-log';
  if (header.ordinal > 0) {
    const first = firstSegmentPath(head.path, header);
    return { kind: 'segment', part: header.ordinal + 1, segmentCount: header.fileCount, first, role };
  }
  const capacityBytes = knownCapacityBytes(header);
  const { record } = header;
  return {
    kind: role,
    format: 'cowd',
    ...(header.parent === undefined ? {} : { parent: header.parent.storedName }),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    segmentCount: header.fileCount,
    generation: header.generation,
    ...(record === undefined ? {} : { linkId: record.linkId, contentId: record.contentId }),
    ...(record?.owner === undefined ? {} : { owner: record.owner }),
  };
}

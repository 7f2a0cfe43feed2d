import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { hostFiles } from '../files/disk-file.ts';
import { foreignFormat } from '../formats/flat/foreign-format.ts';
import type { LinkFormat } from '../formats/link-state.ts';
import { readSegmentHead, realPath, type SegmentHead } from '../link-head.ts';

/** What one file is, by its own header. Sizes in bytes. */
export type FileIdentity =
  | {
      readonly kind: 'base' | 'redo-log';
      readonly format: LinkFormat;
      /** The name of the parent as the redo log stores it; absent for a base. */
      readonly parent?: string;
      /** Absent for a redo log of several segments: its first header does not say. */
      readonly capacityBytes?: number;
      /** All files of the disk in order; only the first is known to exist. */
      readonly files: readonly string[];
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
  | {
      readonly kind: 'not-a-disk';
      readonly reason?: string;
      /** Of another program, which can be converted. */
      readonly foreignFormat?: string;
    };

/**
 * Says what a file is by reading one header and following nothing. A file that is no disk is an answer, not
 * an error. Throws disk.not-found, disk.permission or disk.io.
 */
export function identifyFile(path: string): FileIdentity {
  let head: SegmentHead;
  try {
    head = readSegmentHead(path);
  } catch (error) {
    if (error instanceof RedoubtError && (error.kind === 'data' || error.is('disk.unsupported'))) {
      const format = foreignFormatOf(path);
      return { kind: 'not-a-disk', reason: error.message, ...(format === undefined ? {} : { foreignFormat: format }) };
    }
    throw error;
  }
  const { state } = head;
  const role = state.parent === undefined ? 'base' : 'redo-log';
  if (head.files === undefined) {
    const { first = head.path } = head;
    return { kind: 'segment', part: state.ordinal + 1, segmentCount: state.fileCount, first, role };
  }
  const { record, capacityBytes } = state;
  return {
    kind: role,
    format: head.format,
    ...(state.parent === undefined ? {} : { parent: state.parent.storedName }),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    files: head.files,
    segmentCount: state.fileCount,
    generation: state.generation,
    ...(record === undefined ? {} : { linkId: record.linkId, contentId: record.contentId }),
    ...(record?.owner === undefined ? {} : { owner: record.owner }),
  };
}

function foreignFormatOf(path: string): string | undefined {
  const start = new Uint8Array(SECTOR_BYTES);
  const file = hostFiles.open(realPath(path), false);
  try {
    file.read(0, start);
  } finally {
    file.close();
  }
  return foreignFormat(start);
}

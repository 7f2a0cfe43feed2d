import { dirname } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES, TIB } from '../../base/units.ts';
import { createDescribed, descriptorFor, planDescribed } from './described-disk.ts';
import type { FileLayer } from '../files/disk-file.ts';
import { mostExtents } from '../formats/descriptor/parse-descriptor.ts';
import { createVmdk4File } from '../formats/vmdk4/create-vmdk4.ts';
import { SPLIT_SPAN_SECTORS } from '../formats/vmdk4/layout.ts';
import type { DiskBus } from './segmentation.ts';

/** The files of a VMDK 4 disk: one that is everything, or a descriptor and then its extents. */
export interface VmdkPlan {
  /** In order; the first names the disk. */
  readonly files: readonly string[];
  /** Of the sparse files: the disk's bytes in each. */
  readonly spansBytes: readonly number[];
}

/** What the grain directory of one file, or the descriptor of a split disk, can name. */
const mostBytes = 64 * TIB;

/**
 * The files that a VMDK 4 disk would have. One file (monolithicSparse) where the disk fits into one of 2 GB or
 * is not to be split; else a descriptor and files of 2 GB (twoGbMaxExtentSparse). Pure. Throws disk.bad-size.
 */
export function planVmdkFiles(file: string, capacityBytes: number, split: boolean): VmdkPlan {
  const spanBytes = SPLIT_SPAN_SECTORS * SECTOR_BYTES;
  const count = Math.ceil(capacityBytes / spanBytes);
  if (capacityBytes > mostBytes || (split && count > mostExtents)) {
    const value = String(capacityBytes);
    const reason = 'more than 64 TiB, or more files than a descriptor can name';
    throw new RedoubtError('disk.bad-size', `A disk can't have ${value} bytes: ${reason}.`, { value, reason });
  }
  if (!split || count === 1) return { files: [file], spansBytes: [capacityBytes] };
  const spansBytes = Array.from({ length: count }, (_, index) =>
    Math.min(spanBytes, capacityBytes - index * spanBytes),
  );
  return planDescribed(file, spansBytes);
}

/**
 * Makes the files of an empty VMDK 4 disk, all or none, synced with their folder. The first is made last, when
 * the others are on the device: its name is the disk's. Throws disk.exists (with the file), disk.permission, disk.not-found (the folder),
 * disk.no-space, disk.io.
 */
export function createVmdkFiles(layer: FileLayer, plan: VmdkPlan, bus: DiskBus): void {
  const { files, spansBytes } = plan;
  if (files.length > 1) {
    const kind = { createType: 'twoGbMaxExtentSparse', extentType: 'SPARSE', bus } as const;
    createDescribed(layer, plan, kind, (path, spanSectors) => {
      createVmdk4File(layer, path, spanSectors);
    });
    return;
  }
  const [file = ''] = files;
  const spans = spansBytes.map((bytes) => bytes / SECTOR_BYTES);
  const text = descriptorFor([file], spans, { createType: 'monolithicSparse', extentType: 'SPARSE', bus });
  createVmdk4File(layer, file, spans[0] as number, text);
  try {
    layer.syncDirectory(dirname(file));
  } catch (error) {
    layer.remove(file);
    throw error;
  }
}

import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { SECTOR_BYTES, TIB } from '../base/units.ts';
import type { FileLayer } from './disk-file.ts';
import type { Descriptor, DescriptorExtent } from './formats/descriptor/descriptor.ts';
import { formatDescriptor } from './formats/descriptor/format-descriptor.ts';
import { mostExtents } from './formats/descriptor/parse-descriptor.ts';
import { createVmdk4File } from './formats/vmdk4/create-vmdk4.ts';
import { SPLIT_SPAN_SECTORS } from './formats/vmdk4/layout.ts';
import { diskGeometry } from './geometry.ts';
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
  return { files: [file, ...spansBytes.map((_, index) => extentName(file, index + 1))], spansBytes };
}

/**
 * Makes the files of an empty VMDK 4 disk, all or none, synced with their folder. The first is made last, when
 * the others are on the device: its name is the disk's. Throws disk.exists (with the file), disk.permission, disk.not-found (the folder),
 * disk.no-space, disk.io.
 */
export function createVmdkFiles(layer: FileLayer, { files, spansBytes }: VmdkPlan, bus: DiskBus): void {
  const [first = '', ...extents] = files;
  const spans = spansBytes.map((bytes) => bytes / SECTOR_BYTES);
  const named = extents.length === 0 ? [first] : extents;
  const text = formatDescriptor(
    describe(
      named.map((path, index) => ({ ...sparseExtent, fileName: basename(path), sectors: spans[index] as number })),
      extents.length === 0 ? 'monolithicSparse' : 'twoGbMaxExtentSparse',
      bus,
    ),
  );
  const made: string[] = [];
  try {
    extents.forEach((path, index) => {
      createVmdk4File(layer, path, spans[index] as number);
      made.push(path);
    });
    if (made.length > 0) layer.syncDirectory(dirname(first));
    if (extents.length === 0) createVmdk4File(layer, first, spans[0] as number, text);
    else createText(layer, first, text);
    made.push(first);
    layer.syncDirectory(dirname(first));
  } catch (error) {
    for (const path of made.reverse()) layer.remove(path);
    throw error;
  }
}

const sparseExtent = { access: 'RW', type: 'SPARSE', offsetSectors: 0, line: 0 } as const;

function describe(extents: readonly DescriptorExtent[], createType: string, bus: DiskBus): Descriptor {
  const sectors = extents.reduce((sum, extent) => sum + extent.sectors, 0);
  const { cylinders, heads, sectorsPerTrack } = diskGeometry(bus, sectors, 'hybrid');
  return {
    version: 1,
    // All ones would mean that there is no disk.
    cid: randomBytes(4).readUInt32LE() % 0xffff_ffff,
    createType,
    extents,
    database: new Map([
      ['ddb.virtualHWVersion', '4'],
      ['ddb.adapterType', bus === 'ide' ? 'ide' : 'buslogic'],
      ['ddb.geometry.cylinders', String(cylinders)],
      ['ddb.geometry.heads', String(heads)],
      ['ddb.geometry.sectors', String(sectorsPerTrack)],
    ]),
  };
}

function createText(layer: FileLayer, path: string, text: string): void {
  const file = layer.create(path);
  try {
    file.write(0, [Buffer.from(text)]);
    file.syncNow();
  } catch (error) {
    layer.remove(path);
    throw error;
  } finally {
    file.close();
  }
}

/** `disk.vmdk` → `disk-s001.vmdk`. */
function extentName(file: string, part: number): string {
  const name = basename(file);
  const dot = name.lastIndexOf('.');
  return join(dirname(file), `${name.slice(0, dot)}-s${String(part).padStart(3, '0')}${name.slice(dot)}`);
}

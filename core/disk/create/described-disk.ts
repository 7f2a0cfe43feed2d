import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { SECTOR_BYTES } from '../../base/units.ts';
import type { FileLayer } from '../files/disk-file.ts';
import type { Descriptor } from '../formats/descriptor/descriptor.ts';
import { formatDescriptor } from '../formats/descriptor/format-descriptor.ts';
import { diskGeometry } from './geometry.ts';
import type { DiskBus } from './segmentation.ts';

/** The files of a new disk that a text descriptor describes. */
export interface DescribedPlan {
  /** The descriptor, which names the disk, then the extents in order. */
  readonly files: readonly string[];
  /** The disk's bytes in each extent. */
  readonly spansBytes: readonly number[];
}

/** How a new descriptor describes its disk. */
export interface DescribedKind {
  readonly createType: string;
  readonly extentType: 'SPARSE' | 'VMFSSPARSE';
  readonly bus: DiskBus;
}

/** The files of a disk whose descriptor is `file`. Pure. */
export function planDescribed(file: string, spansBytes: readonly number[]): DescribedPlan {
  return { files: [file, ...spansBytes.map((_, index) => extentName(file, index + 1))], spansBytes };
}

/**
 * Makes the files of a described disk, all or none, synced with their folder. The descriptor is made last, when
 * the extents are on the device: its name is the disk's. `createExtent` makes one file, synced.
 * Throws disk.exists (with the file), disk.permission, disk.not-found (the folder), disk.no-space, disk.io.
 */
export function createDescribed(
  layer: FileLayer,
  { files, spansBytes }: DescribedPlan,
  kind: DescribedKind,
  createExtent: (path: string, spanSectors: number) => void,
): void {
  const [first = '', ...extents] = files;
  const spans = spansBytes.map((bytes) => bytes / SECTOR_BYTES);
  const text = descriptorFor(extents, spans, kind);
  const made: string[] = [];
  try {
    extents.forEach((path, index) => {
      createExtent(path, spans[index] as number);
      made.push(path);
    });
    layer.syncDirectory(dirname(first));
    createText(layer, first, text);
    made.push(first);
    layer.syncDirectory(dirname(first));
  } catch (error) {
    for (const path of made.reverse()) layer.remove(path);
    throw error;
  }
}

/** The text that describes extents of these sizes. Throws disk.bad-name. */
export function descriptorFor(
  extents: readonly string[],
  spansSectors: readonly number[],
  { createType, extentType, bus }: DescribedKind,
): string {
  const sectors = spansSectors.reduce((sum, span) => sum + span, 0);
  const { cylinders, heads, sectorsPerTrack } = diskGeometry(bus, sectors, 'hybrid');
  const descriptor: Descriptor = {
    version: 1,
    // All ones would mean that there is no disk.
    cid: randomBytes(4).readUInt32LE() % 0xffff_ffff,
    createType,
    extents: extents.map((path, index) => ({
      access: 'RW',
      type: extentType,
      sectors: spansSectors[index] as number,
      fileName: basename(path),
      offsetSectors: 0,
      line: 0,
    })),
    database: new Map([
      ['ddb.virtualHWVersion', '4'],
      ['ddb.adapterType', bus === 'ide' ? 'ide' : 'buslogic'],
      ['ddb.geometry.cylinders', String(cylinders)],
      ['ddb.geometry.heads', String(heads)],
      ['ddb.geometry.sectors', String(sectorsPerTrack)],
    ]),
  };
  return formatDescriptor(descriptor);
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

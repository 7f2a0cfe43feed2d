import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { isVmdk4, VMDK4_HEADER_BYTES, type Vmdk4Header } from '../vmdk4/header.ts';
import { readEmbeddedDescriptor, readVmdk4Header } from '../vmdk4/read-vmdk4-header.ts';
import { kindOfDescribed, type DescribedKind } from './create-type.ts';
import type { Descriptor } from './descriptor.ts';
import { longestDescriptorBytes, parseDescriptor } from './parse-descriptor.ts';

/** A descriptor and where it stands in its file. */
export interface FoundDescriptor {
  readonly descriptor: Descriptor;
  readonly kind: DescribedKind;
  /** The text as it stands. */
  readonly bytes: Uint8Array;
  readonly offsetBytes: number;
  /** Of the file, if it is a sparse extent that has the descriptor inside and is the whole disk. */
  readonly ownHeader: Vmdk4Header | undefined;
}

/**
 * Reads the descriptor of a text file, or the one inside a sparse extent. `undefined`: the file is a sparse
 * extent that another file describes. Throws disk.not-a-disk, disk.corrupt, disk.unsupported, disk.io.
 */
export function readDescriptor(file: DiskFile): FoundDescriptor | undefined {
  const start = new Uint8Array(VMDK4_HEADER_BYTES);
  if (!isVmdk4(start.subarray(0, file.read(0, start)))) {
    const bytes = new Uint8Array(Math.min(file.lengthBytes(), longestDescriptorBytes + 1));
    return found(file, bytes.subarray(0, file.read(0, bytes)), 0, undefined);
  }
  const header = readVmdk4Header(file);
  const bytes = readEmbeddedDescriptor(file, header);
  // Some writers leave the room for one in every file of a split disk.
  if (bytes.length === 0 || bytes[0] === 0) return undefined;
  return found(file, bytes, header.descriptorSector * SECTOR_BYTES, header.capacitySectors === 0 ? undefined : header);
}

function found(
  file: DiskFile,
  bytes: Uint8Array,
  offsetBytes: number,
  ownHeader: Vmdk4Header | undefined,
): FoundDescriptor {
  const descriptor = parseDescriptor(bytes, file.path, { isEmbedded: offsetBytes > 0 });
  return { descriptor, kind: kindOfDescribed(descriptor, file.path), bytes, offsetBytes, ownHeader };
}

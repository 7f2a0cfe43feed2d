import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { longestDescriptorBytes } from '../descriptor/parse-descriptor.ts';
import { decodeVmdk4Header, markUnclean, VMDK4_HEADER_BYTES, type Vmdk4Header } from './header.ts';

/** The header of an open file, judged against the file's length. Throws what decodeVmdk4Header throws, and disk.io. */
export function readVmdk4Header(file: DiskFile): Vmdk4Header {
  return decodeVmdk4Header(readSector(file, 0), file.path, file.lengthBytes());
}

/**
 * The grain directory's sector of a compressed file, which may stand in the footer, the last sector but one.
 * Throws disk.corrupt, disk.unsupported, disk.io.
 */
export function findDirectory(file: DiskFile, header: Vmdk4Header): number {
  if (header.directorySector !== undefined) return header.directorySector;
  const lengthBytes = file.lengthBytes();
  const footerSector = Math.floor(lengthBytes / SECTOR_BYTES) - 2;
  const corrupt = (field: string, value: string, reason: string) =>
    new RedoubtError('disk.corrupt', `${file.path} is damaged: ${field} is ${value}, ${reason}.`, {
      file: file.path,
      field,
      value,
      reason,
    });
  if (footerSector < 1) throw corrupt('length', String(lengthBytes), 'too short for the footer that it should have');
  const bytes = readSector(file, footerSector);
  let footer: Vmdk4Header;
  try {
    footer = decodeVmdk4Header(bytes, file.path, lengthBytes);
  } catch (error) {
    if (error instanceof RedoubtError && error.is('disk.not-a-disk'))
      throw corrupt('footer', `sector ${String(footerSector)}`, 'which has none: the file was cut off');
    throw error;
  }
  const fields = ['capacitySectors', 'grainSectors', 'entriesPerTable'] as const;
  for (const field of fields) {
    if (footer[field] !== header[field])
      throw corrupt(`footer ${field}`, String(footer[field]), `where the header says ${String(header[field])}`);
  }
  if (footer.directorySector === undefined) throw corrupt('footer gdOffset', '-1', 'so no directory is anywhere');
  return footer.directorySector;
}

/** The room for a descriptor inside a file; empty if it has none. Throws disk.corrupt, disk.io. */
export function readEmbeddedDescriptor(file: DiskFile, header: Vmdk4Header): Uint8Array {
  const lengthBytes = header.descriptorSectors * SECTOR_BYTES;
  if (lengthBytes > longestDescriptorBytes) {
    throw new RedoubtError('disk.corrupt', `${file.path} is damaged: its descriptor is too long.`, {
      file: file.path,
      field: 'descriptorSize',
      value: String(header.descriptorSectors),
      reason: 'longer than a descriptor can be',
    });
  }
  const bytes = new Uint8Array(lengthBytes);
  return bytes.subarray(0, file.read(header.descriptorSector * SECTOR_BYTES, bytes));
}

/** Marks a file as being written, or as closed, in its header's one sector; synced unless told otherwise. */
export function writeUncleanMark(file: DiskFile, isUnclean: boolean, isSynced: boolean): void {
  const before = readSector(file, 0);
  const after = markUnclean(before, isUnclean);
  if (Buffer.compare(before, after) === 0) return;
  file.write(0, [after]);
  if (isSynced) file.syncNow();
}

function readSector(file: DiskFile, sector: number): Uint8Array {
  const bytes = new Uint8Array(VMDK4_HEADER_BYTES);
  return bytes.subarray(0, file.read(sector * SECTOR_BYTES, bytes));
}

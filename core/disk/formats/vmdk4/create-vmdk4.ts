import { SECTOR_BYTES } from '../../../base/units.ts';
import type { FileLayer } from '../../files/disk-file.ts';
import { encodeVmdk4Header } from './header.ts';
import { ENTRIES_PER_TABLE, fullDirectory, GRAIN_SECTORS, layOutVmdk4 } from './layout.ts';

/**
 * Writes one empty hosted sparse file: header, both directories, all tables as holes, and the descriptor if
 * the file is the whole disk. The file is synced; its folder is not, because a disk's files are made together. A file
 * that is the whole disk gets its first sector, without which it is nothing, when all the rest is on the device.
 * Throws disk.exists (nothing was touched), and what the host says. A file half made is removed.
 */
export function createVmdk4File(layer: FileLayer, path: string, spanSectors: number, descriptor?: string): void {
  const layout = layOutVmdk4(spanSectors, descriptor !== undefined);
  const { redundantDirectorySector, directorySector, directoryEntries, overheadSectors } = layout;
  const header = encodeVmdk4Header({
    version: 1,
    capacitySectors: spanSectors,
    grainSectors: GRAIN_SECTORS,
    descriptorSector: layout.descriptorSector,
    descriptorSectors: layout.descriptorSectors,
    entriesPerTable: ENTRIES_PER_TABLE,
    directorySector,
    redundantDirectorySector,
    overheadSectors,
    isClean: true,
    hasZeroedGrains: false,
    isCompressed: false,
    hasMarkers: false,
  });
  const file = layer.create(path);
  try {
    if (descriptor !== undefined) file.write(layout.descriptorSector * SECTOR_BYTES, [Buffer.from(descriptor)]);
    for (const sector of [redundantDirectorySector, directorySector])
      file.write(sector * SECTOR_BYTES, [new Uint8Array(fullDirectory(sector, directoryEntries).buffer)]);
    file.setLength(overheadSectors * SECTOR_BYTES);
    if (descriptor !== undefined) file.syncNow();
    file.write(0, [header]);
    file.syncNow();
  } catch (error) {
    layer.remove(path);
    throw error;
  } finally {
    file.close();
  }
}

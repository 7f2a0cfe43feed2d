import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import type { FileLayer } from '../../files/disk-file.ts';
import { FORMAT_LIMIT_SECTORS, layOutExtent, SPLIT_FILE_LIMIT_SECTORS, type Dialect } from './dialect.ts';
import { encodeHeader, type CowdHeader, type Geometry } from './header.ts';
import type { LinkRecord } from '../link-state.ts';

/** One file of a link that does not exist yet. */
export interface NewExtent {
  readonly path: string;
  readonly dialect: Dialect;
  /** The guest sectors of this file; a multiple of the grain but in the last segment. */
  readonly spanSectors: number;
  /** The whole disk's. */
  readonly diskSectors: number;
  /** From 0. */
  readonly ordinal: number;
  readonly fileCount: number;
  /** Absent in a file whose link says elsewhere who it is. */
  readonly record?: LinkRecord;
  readonly generation: number;
  readonly controller: 'ide' | 'scsi';
  /** Of this file and of the whole disk, for a base; a redo log has none. */
  readonly geometry?: { readonly file: Geometry; readonly disk: Geometry };
  /** Makes it a redo log. */
  readonly parent?: { readonly storedName: string; readonly generation: number };
  /** Other than the dialect's. */
  readonly grainSectors?: number;
  readonly entriesPerTable?: number;
  /** A file that is not split may grow to what the format can address. Default true. */
  readonly isSplit?: boolean;
}

/** The header of a new extent and the sizes that follow from it; pure. Throws disk.bad-size if it could outgrow its file limit. */
export function planExtent(extent: NewExtent): {
  header: CowdHeader;
  lengthBytes: number;
  directory: Uint32Array;
  limitSectors: number;
} {
  const { dialect, spanSectors, parent } = extent;
  const grainSectors =
    extent.grainSectors ?? (parent === undefined ? dialect.baseGrainSectors : dialect.redoGrainSectors);
  const entriesPerTable = extent.entriesPerTable ?? dialect.entriesPerTable;
  assert(spanSectors > 0 && extent.ordinal < extent.fileCount, 'an extent has a span and a place');
  assert(dialect.version === 3 || extent.fileCount === 1, 'a header of version 1 has no place among others');
  const statesDisk = parent !== undefined && dialect.redoCapacity === 'disk' && extent.fileCount > 1;
  const statedSectors = statesDisk ? extent.diskSectors : spanSectors;
  const layout = layOutExtent({ spanSectors, statedSectors, grainSectors, entriesPerTable });
  const limitSectors = extent.isSplit === false ? FORMAT_LIMIT_SECTORS : SPLIT_FILE_LIMIT_SECTORS;
  if (layout.fullSectors > limitSectors) {
    const value = String(spanSectors * SECTOR_BYTES);
    const reason = `a file of ${value} bytes of disk could grow past ${String(limitSectors * SECTOR_BYTES)} bytes`;
    throw new RedoubtError('disk.bad-size', `The disk does not fit: ${reason}.`, { value, reason });
  }
  const directory = new Uint32Array(layout.directoryEntries);
  for (let table = 0; table < layout.tables; table++)
    directory[table] = layout.firstTableSector + table * layout.tableSectors;
  const noGeometry: Geometry = { cylinders: 0, heads: 0, sectorsPerTrack: 0 };
  const header: CowdHeader = {
    version: dialect.version,
    isClean: true,
    isInconsistent: false,
    capacitySectors: statedSectors,
    grainSectors,
    directorySector: layout.directorySector,
    directoryEntries: layout.directoryEntries,
    freeSector: layout.firstGrainSector,
    ...(parent === undefined ? {} : { parent }),
    geometry: extent.geometry?.file ?? noGeometry,
    generation: extent.generation,
    savedGeneration: extent.generation,
    name: '',
    description: '',
    ...(extent.record === undefined ? {} : { record: extent.record }),
    controller: extent.controller,
    ordinal: extent.ordinal,
    fileCount: extent.fileCount,
    diskGeometry: extent.geometry?.disk ?? noGeometry,
    diskCapacitySectors: parent === undefined ? extent.diskSectors : 0,
    fileCapacitySectors: spanSectors,
  };
  return { header, lengthBytes: layout.firstGrainSector * SECTOR_BYTES, directory, limitSectors };
}

/**
 * Writes one empty extent file: header, grain directory, and all its grain tables as holes. It takes
 * about 4 KiB of the host's space until it is used. The file is synced; its folder is not, because a link's
 * files are made together and the folder needs only one sync.
 *
 * `isProof`: whoever finds the file takes the link for complete. Its first sector, without which it is nothing, is
 * written when all the rest is on the device; so one that could not be removed after a failure proves nothing false.
 * Throws disk.exists (nothing was touched), disk.bad-size, and what the host says. A file half made is removed.
 */
export function createExtent(
  layer: FileLayer,
  extent: NewExtent,
  { isSynced = true, isProof = false }: { isSynced?: boolean; isProof?: boolean } = {},
): void {
  const { header, lengthBytes, directory } = planExtent(extent);
  const bytes = encodeHeader(header);
  const file = layer.create(extent.path);
  try {
    file.write(SECTOR_BYTES, [bytes.subarray(SECTOR_BYTES), new Uint8Array(directory.buffer)]);
    file.setLength(lengthBytes);
    if (isSynced && isProof) file.syncNow();
    file.write(0, [bytes.subarray(0, SECTOR_BYTES)]);
    if (isSynced) file.syncNow();
  } catch (error) {
    layer.remove(extent.path);
    throw error;
  } finally {
    file.close();
  }
}

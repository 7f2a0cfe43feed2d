import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { TablePlaces } from './table-places.ts';

export const ENTRY_BYTES = 4;
export const ENTRIES_PER_SECTOR = SECTOR_BYTES / ENTRY_BYTES;

/** What the tables need to know of their file. */
export interface TableShape {
  readonly directorySector: number;
  readonly directoryEntries: number;
  readonly entriesPerTable: number;
  readonly grainSectors: number;
  /** Guest sectors that the file covers. */
  readonly spanSectors: number;
  /** What the header takes at the file's start: no table lies there. */
  readonly headerSectors: number;
  /** No grain lies before, where the format says so; else it follows from where the tables lie. */
  readonly overheadSectors?: number;
  /** A second directory, whose tables are a copy of the first's. */
  readonly redundantDirectorySector?: number | undefined;
  /** An entry of 1 means zeros. */
  readonly hasZeroedGrains?: boolean;
}

/** A directory that was judged. */
export interface GrainDirectory {
  readonly tables: TablePlaces;
  /** No grain lies below this sector. */
  readonly lowestGrainSector: number;
  /** All metadata lies below it, so that everything behind it is grains or unused. */
  readonly isOneRow: boolean;
}

/** Sectors of one grain table. */
export function tableSectorsOf({ entriesPerTable }: TableShape): number {
  return countOf(entriesPerTable * ENTRY_BYTES, SECTOR_BYTES);
}

/** Where directories are read to that are no larger than 1 MiB: those of a chain are many, and few are kept as they are. */
const scratch = new Uint32Array(262_144);

/**
 * Reads the directory at a sector and judges every entry against the file. The number of entries has been
 * bounded by who read the header. Throws disk.corrupt, disk.io.
 */
export function readDirectory(file: DiskFile, shape: TableShape, directorySector: number): GrainDirectory {
  const { directoryEntries, headerSectors, overheadSectors } = shape;
  const tableSectors = tableSectorsOf(shape);
  const isLarge = directoryEntries > scratch.length;
  const entries = isLarge ? new Uint32Array(directoryEntries) : scratch.subarray(0, directoryEntries);
  const bytes = new Uint8Array(entries.buffer, 0, entries.byteLength);
  if (file.read(directorySector * SECTOR_BYTES, bytes) < bytes.length)
    throw corruptTable(file.path, 'grain directory', directorySector, 'past the end of the file');
  const endSectors = Math.floor(file.lengthBytes() / SECTOR_BYTES);
  const directoryEnd = directorySector + countOf(directoryEntries * ENTRY_BYTES, SECTOR_BYTES);
  let isContiguous = directorySector === headerSectors;
  let highestEnd = directoryEnd;
  let tables = 0;
  // Some redo logs have entries for the whole disk in every file: those behind the file's own mean nothing.
  const ownTables = countOf(shape.spanSectors, shape.grainSectors * shape.entriesPerTable);
  const refuse = (table: number, reason: string) =>
    corruptTable(file.path, `grain directory entry ${String(table)}`, entries[table] as number, reason);
  // A large disk has some 100,000 of them in every link.
  for (let table = 0; table < directoryEntries; table++) {
    const sector = entries[table] as number;
    if (sector === 0) continue;
    const end = sector + tableSectors;
    const isInMetadata = sector < headerSectors || (sector < directoryEnd && end > directorySector);
    if (isInMetadata || end > endSectors) {
      if (table < ownTables) throw refuse(table, isInMetadata ? 'inside the metadata' : 'past the end of the file');
      entries[table] = 0;
      continue;
    }
    if (sector !== directoryEnd + tables * tableSectors) isContiguous = false;
    highestEnd = Math.max(highestEnd, end);
    tables++;
  }
  const places = TablePlaces.of(entries, tableSectors);
  if (overheadSectors !== undefined) {
    const lowestGrainSector = Math.max(overheadSectors, headerSectors);
    return { tables: places, lowestGrainSector, isOneRow: highestEnd <= lowestGrainSector };
  }
  const lowestGrainSector = directorySector === headerSectors ? directoryEnd : headerSectors;
  return {
    tables: places,
    lowestGrainSector: isContiguous ? lowestGrainSector + tables * tableSectors : lowestGrainSector,
    isOneRow: isContiguous,
  };
}

export function corruptTable(file: string, field: string, value: number, reason: string): RedoubtError {
  return new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${String(value)}, ${reason}.`, {
    file,
    field,
    value: String(value),
    reason,
  });
}

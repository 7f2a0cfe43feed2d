import { countOf, SECTOR_BYTES } from '../../base/units.ts';
import type { DiskFile } from '../files/disk-file.ts';
import type { Vmdk4Header } from '../formats/vmdk4/header.ts';
import {
  ENTRY_BYTES,
  lengthSectorsOf,
  overlaps,
  readTable,
  tableSectorsOf,
  tablesOf,
  type FixedRow,
  type SparseStructure,
} from './sparse-structure.ts';

/** A hosted sparse file (VMDK 4): its first directory, and the copy if there is one. */
export interface VmdkStructures {
  readonly first: SparseStructure;
  readonly copy: SparseStructure | undefined;
}

/** What a file that is not compressed looks like to the scan. Throws disk.io. */
export function vmdkStructures(file: DiskFile, header: Vmdk4Header): VmdkStructures | undefined {
  const { directorySector, redundantDirectorySector, capacitySectors, grainSectors, entriesPerTable } = header;
  if (header.isCompressed || directorySector === undefined || capacitySectors === 0) return undefined;
  const entries = countOf(capacitySectors, grainSectors * entriesPerTable);
  const directorySectors = countOf(entries * ENTRY_BYTES, SECTOR_BYTES);
  const fixed: FixedRow[] = [
    { sector: 0, sectors: 1 },
    { sector: header.descriptorSector, sectors: header.descriptorSectors },
    { sector: directorySector, sectors: directorySectors },
    ...(redundantDirectorySector === undefined
      ? []
      : [{ sector: redundantDirectorySector, sectors: directorySectors }]),
  ];
  const structure = (directoryName: string, sector: number): SparseStructure => {
    const directory = new Uint32Array(entries);
    file.read(sector * SECTOR_BYTES, new Uint8Array(directory.buffer));
    return {
      file,
      grainSectors,
      spanSectors: capacitySectors,
      entriesPerTable,
      directoryName,
      directorySector: sector,
      directory,
      fixed,
      overheadSectors: Math.max(1, header.overheadSectors),
      hasZeroMark: header.hasZeroedGrains,
    };
  };
  return {
    first: structure('grain directory', directorySector),
    copy:
      redundantDirectorySector === undefined
        ? undefined
        : structure('redundant grain directory', redundantDirectorySector),
  };
}

/** Whether a table lies where one can be: in the file, and over nothing that has a fixed place. */
export function isPlaced(structure: SparseStructure, table: number): boolean {
  const sector = structure.directory[table] ?? 0;
  const sectors = tableSectorsOf(structure);
  if (sector === 0 || sector + sectors > lengthSectorsOf(structure)) return false;
  return !structure.fixed.some((row) => overlaps(sector, sectors, row));
}

/** The tables of the copy that do not say what those of the first directory say. Where the first has none that can be read, they count. */
export function differingTables({ first, copy }: VmdkStructures): number[] {
  if (copy === undefined) return [];
  const [mine, other] = [new Uint32Array(first.entriesPerTable), new Uint32Array(first.entriesPerTable)];
  const differing: number[] = [];
  for (let table = 0; table < tablesOf(first); table++) {
    const isSame =
      first.directory[table] === 0
        ? copy.directory[table] === 0
        : isPlaced(first, table) &&
          isPlaced(copy, table) &&
          copy.directory[table] !== first.directory[table] &&
          isEqual(readTable(first, table, mine), readTable(copy, table, other));
    if (!isSame) differing.push(table);
  }
  return differing;
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(entries: Uint32Array): Uint8Array {
  return new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength);
}

import { RedoubtError } from '../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../base/units.ts';
import type { DiskFile } from '../files/disk-file.ts';

export const ENTRY_BYTES = 4;

/** Sectors of a file that hold metadata at a fixed place. */
export interface FixedRow {
  readonly sector: number;
  readonly sectors: number;
}

/**
 * How one sparse file is built, whatever its format: a directory that points to tables that point to grains,
 * all by 32-bit sector numbers, 0 for none. Nothing in `directory` has been judged.
 */
export interface SparseStructure {
  readonly file: DiskFile;
  readonly grainSectors: number;
  /** Guest sectors that the file covers. */
  readonly spanSectors: number;
  readonly entriesPerTable: number;
  /** What the format calls it; findings say so. */
  readonly directoryName: string;
  readonly directorySector: number;
  readonly directory: Uint32Array;
  /** Header, descriptor, directories. */
  readonly fixed: readonly FixedRow[];
  /** No grain lies before, where the format says so; else it follows from where the tables lie. */
  readonly overheadSectors?: number;
  /** An entry of 1 is a grain of zeros, not a place. */
  readonly hasZeroMark: boolean;
}

export function tableSectorsOf({ entriesPerTable }: SparseStructure): number {
  return countOf(entriesPerTable * ENTRY_BYTES, SECTOR_BYTES);
}

/** How many tables the file's own span has; entries of the directory behind them mean nothing. */
export function tablesOf({ spanSectors, grainSectors, entriesPerTable }: SparseStructure): number {
  return countOf(spanSectors, grainSectors * entriesPerTable);
}

export function grainsOf({ spanSectors, grainSectors }: SparseStructure): number {
  return countOf(spanSectors, grainSectors);
}

/** Sectors of the file, a last one that is not whole included. */
export function lengthSectorsOf({ file }: SparseStructure): number {
  return countOf(file.lengthBytes(), SECTOR_BYTES);
}

export function overlaps(sector: number, sectors: number, row: FixedRow): boolean {
  return sector < row.sector + row.sectors && row.sector < sector + sectors;
}

/** Reads the entries of one table that lie in the span; `target` is filled and returned as far as it is used. Throws disk.io. */
export function readTable(structure: SparseStructure, table: number, target: Uint32Array): Uint32Array {
  const { file, entriesPerTable, directory } = structure;
  const used = target.subarray(0, Math.min(entriesPerTable, grainsOf(structure) - table * entriesPerTable));
  const bytes = new Uint8Array(used.buffer, used.byteOffset, used.byteLength);
  const sector = directory[table] as number;
  if (file.read(sector * SECTOR_BYTES, bytes) < bytes.length)
    throw new RedoubtError('disk.io', `${file.path} ends inside a table.`, {
      file: file.path,
      operation: 'read',
      errno: 'EIO',
    });
  return used;
}

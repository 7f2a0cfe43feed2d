import { countOf, roundUp, SECTOR_BYTES } from '../../../base/units.ts';

export const GRAIN_SECTORS = 128;
export const ENTRIES_PER_TABLE = 512;
/** Room for the text inside a monolithic file. */
export const DESCRIPTOR_SECTORS = 20;
/** 2047 MiB: what VMware's products put into one file of a split disk. */
export const SPLIT_SPAN_SECTORS = 4_192_256;
const TABLE_SECTORS = (ENTRIES_PER_TABLE * 4) / SECTOR_BYTES;

/** Where the parts of a new file lie, in sectors. */
export interface Vmdk4Layout {
  readonly descriptorSector: number;
  readonly descriptorSectors: number;
  readonly redundantDirectorySector: number;
  readonly directorySector: number;
  readonly directoryEntries: number;
  /** The length of the empty file: where the first grain goes. */
  readonly overheadSectors: number;
  /** The length of the file once every grain is allocated. */
  readonly fullSectors: number;
}

/**
 * Lays out a file as VMware and qemu-img do: header, room for the descriptor if it has one, the redundant
 * directory and its tables, then the directory and its tables; grains from the next multiple of a grain on.
 */
export function layOutVmdk4(spanSectors: number, hasDescriptor: boolean): Vmdk4Layout {
  const directoryEntries = countOf(spanSectors, GRAIN_SECTORS * ENTRIES_PER_TABLE);
  const bookSectors = directorySectors(directoryEntries) + directoryEntries * TABLE_SECTORS;
  const redundantDirectorySector = 1 + (hasDescriptor ? DESCRIPTOR_SECTORS : 0);
  const directorySector = redundantDirectorySector + bookSectors;
  const overheadSectors = roundUp(directorySector + bookSectors, GRAIN_SECTORS);
  return {
    descriptorSector: hasDescriptor ? 1 : 0,
    descriptorSectors: hasDescriptor ? DESCRIPTOR_SECTORS : 0,
    redundantDirectorySector,
    directorySector,
    directoryEntries,
    overheadSectors,
    fullSectors: overheadSectors + roundUp(spanSectors, GRAIN_SECTORS),
  };
}

/** A directory as it is in a new file: all its tables lie behind it. */
export function fullDirectory(directorySector: number, entries: number): Uint32Array {
  const first = directorySector + directorySectors(entries);
  return Uint32Array.from({ length: entries }, (_, table) => first + table * TABLE_SECTORS);
}

function directorySectors(entries: number): number {
  return countOf(entries * 4, SECTOR_BYTES);
}

import { ByteReader } from '../../../base/byte-reader.ts';
import { ByteWriter } from '../../../base/byte-writer.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, isPowerOfTwo, SECTOR_BYTES } from '../../../base/units.ts';

/**
 * The header of a hosted sparse extent (VMDK 4): bytes to object and back, no I/O. Numbers are little-endian,
 * and those of 64 bits become exact numbers here or are refused.
 * Source: VMware, Virtual Disk Format 1.1, "Hosted sparse extents"; the uses of flags, by files of
 * Workstation and qemu-img.
 */
export const VMDK4_HEADER_BYTES = SECTOR_BYTES;
const MAGIC = 0x564d444b; // "KDMV"
const IN_FOOTER = 0xffff_ffff_ffff_ffffn;

const flag = {
  newlineTest: 0x1,
  redundantDirectory: 0x2,
  zeroedGrains: 0x4,
  compressed: 0x10000,
  markers: 0x20000,
} as const;
const KNOWN_FLAGS = 0x30007;

const at = {
  magic: 0,
  version: 4,
  flags: 8,
  capacity: 12,
  grain: 20,
  descriptor: 28,
  descriptorSize: 36,
  entriesPerTable: 44,
  redundantDirectory: 48,
  directory: 56,
  overhead: 64,
  uncleanShutdown: 72,
  newlineTest: 73,
  compression: 77,
} as const;
const newlines = [0x0a, 0x20, 0x0d, 0x0a] as const;

/** A window of merged tables; a larger grain would be copied up for every first write. */
const LARGEST_GRAIN_SECTORS = 16_384;
/** What one grain directory may take in memory: 16 MiB. Grains of 64 KiB then reach 128 TiB. */
const MOST_DIRECTORY_ENTRIES = 2 ** 22;
/** So that every offset is an exact number of bytes. */
const MOST_SECTORS = Number.MAX_SAFE_INTEGER / SECTOR_BYTES;

export interface Vmdk4Header {
  /** 1; 2 may have zeroed grains; 3 has blocks that are tracked elsewhere, or is a stream. */
  readonly version: 1 | 2 | 3;
  /** Guest sectors in this file; 0 in one that only holds a descriptor. */
  readonly capacitySectors: number;
  readonly grainSectors: number;
  /** 0 if the file has none. */
  readonly descriptorSector: number;
  readonly descriptorSectors: number;
  readonly entriesPerTable: number;
  /** Absent where it is in the footer. */
  readonly directorySector: number | undefined;
  /** Absent where the flag says that there is none to be used. */
  readonly redundantDirectorySector: number | undefined;
  /** Sectors before the first grain. */
  readonly overheadSectors: number;
  readonly isClean: boolean;
  /** An entry of 1 means zeros. */
  readonly hasZeroedGrains: boolean;
  readonly isCompressed: boolean;
  readonly hasMarkers: boolean;
}

/** Whether the first bytes of a file are those of a hosted sparse extent. */
export function isVmdk4(start: Uint8Array): boolean {
  return start.length >= 4 && new ByteReader(start).u32(at.magic) === MAGIC;
}

/**
 * Judges and reads a header, or a footer, which is the same. `bytes`: one sector; `fileLengthBytes` bounds what it may point to.
 * Throws disk.not-a-disk, disk.unsupported, disk.corrupt (file, field, value, why).
 */
export function decodeVmdk4Header(bytes: Uint8Array, file: string, fileLengthBytes: number): Vmdk4Header {
  if (!isVmdk4(bytes))
    throw new RedoubtError('disk.not-a-disk', `${file} is not a virtual disk.`, { file, reason: 'no VMDK header' });
  const corrupt = (field: string, value: number | bigint | string, reason: string) =>
    new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${String(value)}, ${reason}.`, {
      file,
      field,
      value: String(value),
      reason,
    });
  const unsupported = (feature: string) =>
    new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
  if (bytes.length < VMDK4_HEADER_BYTES)
    throw corrupt('length', fileLengthBytes, `shorter than a header of ${String(VMDK4_HEADER_BYTES)} bytes`);

  const reader = new ByteReader(bytes);
  const version = reader.u32(at.version);
  if (version !== 1 && version !== 2 && version !== 3) throw unsupported(`VMDK version ${String(version)}`);
  const flags = reader.u32(at.flags);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw unsupported(`VMDK flags 0x${(flags >>> 0).toString(16)}`);
  const has = (bit: number) => (flags & bit) !== 0;
  if (has(flag.newlineTest) && newlines.some((byte, index) => reader.u8(at.newlineTest + index) !== byte)) {
    const found = Buffer.from(reader.slice(at.newlineTest, newlines.length)).toString('hex');
    throw corrupt('newline test', found, 'so the file was changed by a transfer as text');
  }
  const compression = reader.u16(at.compression);
  const isCompressed = has(flag.compressed);
  if (compression > 1 || (isCompressed && compression === 0))
    throw unsupported(`compression method ${String(compression)}`);

  const sectors = (field: string, offset: number): number => {
    const value = reader.u64(offset);
    if (value > BigInt(Math.floor(MOST_SECTORS))) throw corrupt(field, value, 'more than a disk or file can have');
    return Number(value);
  };
  const fileSectors = Math.floor(fileLengthBytes / SECTOR_BYTES);
  const descriptorSector = sectors('descriptorOffset', at.descriptor);
  const descriptorSectors = descriptorSector === 0 ? 0 : sectors('descriptorSize', at.descriptorSize);
  if (descriptorSector > 0 && descriptorSector + descriptorSectors > fileSectors)
    throw corrupt('descriptorOffset', descriptorSector, 'past the end of the file');

  const capacitySectors = sectors('capacity', at.capacity);
  const isHolder = capacitySectors === 0 && descriptorSectors > 0;
  if (capacitySectors === 0 && !isHolder) throw corrupt('capacity', 0, 'but a disk has at least one sector');
  const grainSectors = sectors('grainSize', at.grain);
  if (!isPowerOfTwo(grainSectors) || grainSectors < 8 || grainSectors > LARGEST_GRAIN_SECTORS)
    throw corrupt('grainSize', grainSectors, `not a power of two from 8 to ${String(LARGEST_GRAIN_SECTORS)}`);
  const entriesPerTable = reader.u32(at.entriesPerTable);
  if (!isPowerOfTwo(entriesPerTable) || entriesPerTable > 4096)
    throw corrupt('numGTEsPerGT', entriesPerTable, 'not a power of two up to 4096');
  const directoryEntries = countOf(capacitySectors, grainSectors * entriesPerTable);
  if (directoryEntries > MOST_DIRECTORY_ENTRIES)
    throw unsupported(`a grain directory of ${String(directoryEntries)} entries`);

  const overheadSectors = sectors('overHead', at.overhead);
  if (overheadSectors > fileSectors)
    throw corrupt('overHead', overheadSectors, `but the file has ${String(fileSectors)} sectors: it was cut off`);
  const directory = (field: string, offset: number): number => {
    const sector = sectors(field, offset);
    const end = sector + countOf(directoryEntries * 4, SECTOR_BYTES);
    if (!isHolder && sector === 0) throw corrupt(field, sector, 'inside the header');
    if (end > fileSectors) throw corrupt(field, sector, `past the end of the file (${String(fileLengthBytes)} bytes)`);
    return sector;
  };
  const isInFooter = reader.u64(at.directory) === IN_FOOTER;
  if (isInFooter && !isCompressed) throw unsupported('a footer in a file that is not compressed');
  const hasRedundant = has(flag.redundantDirectory) && reader.u64(at.redundantDirectory) !== 0n && !isInFooter;
  return {
    version,
    capacitySectors,
    grainSectors,
    descriptorSector,
    descriptorSectors,
    entriesPerTable,
    directorySector: isInFooter ? undefined : directory('gdOffset', at.directory),
    redundantDirectorySector: hasRedundant && !isCompressed ? directory('rgdOffset', at.redundantDirectory) : undefined,
    overheadSectors,
    isClean: reader.u8(at.uncleanShutdown) === 0,
    hasZeroedGrains: has(flag.zeroedGrains),
    isCompressed,
    hasMarkers: has(flag.markers),
  };
}

/** The header of a new file, which is not compressed. */
export function encodeVmdk4Header(header: Vmdk4Header): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(VMDK4_HEADER_BYTES));
  writer.u32(at.magic, MAGIC);
  writer.u32(at.version, header.version);
  writer.u32(
    at.flags,
    flag.newlineTest |
      (header.redundantDirectorySector === undefined ? 0 : flag.redundantDirectory) |
      (header.hasZeroedGrains ? flag.zeroedGrains : 0) |
      (header.isCompressed ? flag.compressed : 0) |
      (header.hasMarkers ? flag.markers : 0),
  );
  writer.u64(at.capacity, BigInt(header.capacitySectors));
  writer.u64(at.grain, BigInt(header.grainSectors));
  writer.u64(at.descriptor, BigInt(header.descriptorSector));
  writer.u64(at.descriptorSize, BigInt(header.descriptorSectors));
  writer.u32(at.entriesPerTable, header.entriesPerTable);
  writer.u64(at.redundantDirectory, BigInt(header.redundantDirectorySector ?? 0));
  writer.u64(at.directory, header.directorySector === undefined ? IN_FOOTER : BigInt(header.directorySector));
  writer.u64(at.overhead, BigInt(header.overheadSectors));
  writer.u8(at.uncleanShutdown, header.isClean ? 0 : 1);
  newlines.forEach((byte, index) => {
    writer.u8(at.newlineTest + index, byte);
  });
  writer.u16(at.compression, header.isCompressed ? 1 : 0);
  return writer.bytes;
}

/** The same header, marked as being written or as closed; nothing else changes. */
export function markUnclean(bytes: Uint8Array, isUnclean: boolean): Uint8Array {
  const copy = bytes.slice();
  copy[at.uncleanShutdown] = isUnclean ? 1 : 0;
  return copy;
}

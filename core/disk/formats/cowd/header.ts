import { ByteReader } from '../../../base/byte-reader.ts';
import { ByteWriter } from '../../../base/byte-writer.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, isPowerOfTwo, SECTOR_BYTES } from '../../../base/units.ts';
import { entriesPerTable, HEADER_SECTORS } from './dialect.ts';
import type { LinkRecord } from '../link-state.ts';
import { formatLinkRecord, parseLinkRecord } from './link-record.ts';

/**
 * The header of a COWD extent: bytes to object and back, no I/O. All numbers are little-endian u32.
 * Sources: VDK 3.1 cowdisk.h (versions 1 and 3), VMware Virtual Disk Format (version 1 tail).
 */
export const HEADER_BYTES = HEADER_SECTORS * SECTOR_BYTES;
const MAGIC = 0x44574f43; // "COWD"

const flag = { root: 0x01, clean: 0x02, inconsistent: 0x04, multi: 0x08, hardwareVersion: 0x10 } as const;
const KNOWN_FLAGS = 0x1f;

const at = {
  magic: 0,
  version: 4,
  flags: 8,
  capacity: 12,
  grain: 16,
  directory: 20,
  directoryEntries: 24,
  freeSector: 28,
  cylinders: 32,
  heads: 36,
  sectorsPerTrack: 40,
  parentName: 32,
  parentGeneration: 1056,
  generation: 1060,
  name: 1064,
  description: 1124,
  savedGeneration: 1636,
  controller: 1640,
  uncleanShutdown: 1648,
  ordinal: 1648,
  fileCount: 1652,
  diskCylinders: 1656,
  diskHeads: 1660,
  diskSectorsPerTrack: 1664,
  diskCapacity: 1668,
  sequence: 1672,
  fileCapacity: 1676,
  hardwareVersion: 1680,
  toolsFlag: 1684,
} as const;

const PARENT_NAME_BYTES = 1024;
/** More files than that have no disk to fill: 2^32 sectors in pieces of 64 KiB. */
const MAX_FILES = 32768;

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

export interface CowdHeader {
  readonly version: 1 | 3;
  /** Set at a clean close, cleared before the first write after an open. */
  readonly isClean: boolean;
  /** A flag of unknown origin: such a file is only read. */
  readonly isInconsistent: boolean;
  /** Guest sectors in this file (in some redo segments: of the whole disk). */
  readonly capacitySectors: number;
  readonly grainSectors: number;
  readonly directorySector: number;
  readonly directoryEntries: number;
  /** The end of the file at a clean close; stale while unclean. */
  readonly freeSector: number;
  /** Absent in a base. */
  readonly parent?: { readonly storedName: string; readonly generation: number };
  readonly geometry: Geometry;
  readonly generation: number;
  readonly savedGeneration: number;
  readonly name: string;
  /** Ours, or `undefined` in a file that Redoubt did not make; `description` has its text. */
  readonly record?: LinkRecord;
  readonly description: string;
  readonly controller: 'ide' | 'scsi' | undefined;
  /** From 0. */
  readonly ordinal: number;
  readonly fileCount: number;
  /** Of the whole disk; zeros in children and in version 1. */
  readonly diskGeometry: Geometry;
  readonly diskCapacitySectors: number;
  /** Sectors that this file may hold; 0 in version 1. */
  readonly fileCapacitySectors: number;
}

/** Whether the first bytes of a file are those of a COWD extent. */
export function isCowd(start: Uint8Array): boolean {
  return start.length >= 4 && new ByteReader(start).u32(at.magic) === MAGIC;
}

/**
 * Judges and reads a header. `bytes` is the start of the file, as much as there is up to HEADER_BYTES;
 * `fileLengthBytes` bounds what the header may point to.
 * Throws disk.not-a-disk, disk.unsupported (a version we don't know), disk.corrupt (file, field, value, why).
 */
export function decodeHeader(bytes: Uint8Array, file: string, fileLengthBytes: number): CowdHeader {
  if (!isCowd(bytes))
    throw new RedoubtError('disk.not-a-disk', `${file} is not a virtual disk.`, { file, reason: 'no COWD header' });
  const corrupt = (field: string, value: number | string, reason: string) =>
    new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${String(value)}, ${reason}.`, {
      file,
      field,
      value: String(value),
      reason,
    });
  if (bytes.length < HEADER_BYTES)
    throw corrupt('length', fileLengthBytes, `shorter than a header of ${String(HEADER_BYTES)} bytes`);

  const reader = new ByteReader(bytes);
  const version = reader.u32(at.version);
  if (version !== 1 && version !== 3) {
    throw new RedoubtError(
      'disk.unsupported',
      `${file} has version ${String(version)} of the COWD format, which is not known.`,
      {
        file,
        feature: `COWD version ${String(version)}`,
      },
    );
  }
  const flags = reader.u32(at.flags);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw corrupt('flags', `0x${flags.toString(16)}`, 'which has unknown bits');
  const isRoot = (flags & flag.root) !== 0;

  const capacitySectors = reader.u32(at.capacity);
  if (capacitySectors === 0) throw corrupt('numSectors', 0, 'but a disk has at least one sector');
  const grainSectors = reader.u32(at.grain);
  if (!isPowerOfTwo(grainSectors) || grainSectors > 2048)
    throw corrupt('grainSize', grainSectors, 'not a power of two from 1 to 2048');
  const directoryEntries = reader.u32(at.directoryEntries);
  if (entriesPerTable({ version, capacitySectors, grainSectors, directoryEntries }) === undefined) {
    throw corrupt(
      'numGDEntries',
      directoryEntries,
      `which does not fit ${String(capacitySectors)} sectors in grains of ${String(grainSectors)}`,
    );
  }
  const directorySector = reader.u32(at.directory);
  const directoryEnd = (directorySector + countOf(directoryEntries * 4, SECTOR_BYTES)) * SECTOR_BYTES;
  if (directorySector < HEADER_SECTORS) throw corrupt('gdOffset', directorySector, 'inside the header');
  if (directoryEnd > fileLengthBytes)
    throw corrupt('gdOffset', directorySector, `past the end of the file (${String(fileLengthBytes)} bytes)`);

  const text = (field: string, offset: number, length: number) => {
    const value = reader.text(offset, length);
    if (value === undefined) throw corrupt(field, '…', 'without an end');
    return value;
  };
  const parentName = isRoot ? undefined : text('parentFileName', at.parentName, PARENT_NAME_BYTES);
  if (parentName === '') throw corrupt('parentFileName', '', 'but a redo log names its parent');

  const isThree = version === 3;
  const fileCount = Math.max(1, isThree ? reader.u32(at.fileCount) : 1);
  if (fileCount > MAX_FILES) throw corrupt('filesPerDisk', fileCount, `more than ${String(MAX_FILES)}`);
  const ordinal = isThree ? reader.u32(at.ordinal) : 0;
  if (ordinal >= fileCount) throw corrupt('fileOrdinal', ordinal, `not below filesPerDisk ${String(fileCount)}`);
  const fileCapacitySectors = isThree ? reader.u32(at.fileCapacity) : 0;

  const description = text('description', at.description, 512);
  const record = parseLinkRecord(description);
  if (typeof record === 'string') throw corrupt('description', description, record);

  const geometry = (c: number, h: number, s: number): Geometry => ({
    cylinders: reader.u32(c),
    heads: reader.u32(h),
    sectorsPerTrack: reader.u32(s),
  });
  const noGeometry: Geometry = { cylinders: 0, heads: 0, sectorsPerTrack: 0 };
  const controller = reader.text(at.controller, 8)?.toLowerCase();
  return {
    version,
    isClean: (flags & flag.clean) !== 0 && (isThree || reader.u32(at.uncleanShutdown) === 0),
    isInconsistent: (flags & flag.inconsistent) !== 0,
    capacitySectors,
    grainSectors,
    directorySector,
    directoryEntries,
    freeSector: reader.u32(at.freeSector),
    ...(parentName === undefined
      ? {}
      : { parent: { storedName: parentName, generation: reader.u32(at.parentGeneration) } }),
    geometry: isRoot ? geometry(at.cylinders, at.heads, at.sectorsPerTrack) : noGeometry,
    generation: reader.u32(at.generation),
    savedGeneration: reader.u32(at.savedGeneration),
    name: text('name', at.name, 60),
    description,
    ...(record === undefined ? {} : { record }),
    controller: controller === 'ide' || controller === 'scsi' ? controller : undefined,
    ordinal,
    fileCount,
    diskGeometry: isThree ? geometry(at.diskCylinders, at.diskHeads, at.diskSectorsPerTrack) : noGeometry,
    diskCapacitySectors: isThree ? reader.u32(at.diskCapacity) : 0,
    fileCapacitySectors,
  };
}

/**
 * Writes a header into a copy of `onto` (the bytes it was read from, so that fields we don't know stay as
 * they are) or into zeros. The inverse of `decodeHeader`.
 */
export function encodeHeader(header: CowdHeader, onto?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  if (onto !== undefined) bytes.set(onto);
  const writer = new ByteWriter(bytes);
  // Text that has not changed stays as it is, in whatever encoding it was.
  const before = onto === undefined ? undefined : new ByteReader(onto);
  const text = (offset: number, length: number, value: string) => {
    if (before?.text(offset, length) !== value) writer.text(offset, length, value);
  };
  const isThree = header.version === 3;
  const flags =
    (header.parent === undefined ? flag.root : 0) |
    (header.isClean ? flag.clean : 0) |
    (header.isInconsistent ? flag.inconsistent : 0) |
    (header.fileCount > 1 ? flag.multi : 0) |
    (isThree ? flag.hardwareVersion : 0);
  writer.u32(at.magic, MAGIC);
  writer.u32(at.version, header.version);
  writer.u32(at.flags, before === undefined ? flags : (before.u32(at.flags) & ~flag.clean) | (flags & flag.clean));
  writer.u32(at.capacity, header.capacitySectors);
  writer.u32(at.grain, header.grainSectors);
  writer.u32(at.directory, header.directorySector);
  writer.u32(at.directoryEntries, header.directoryEntries);
  writer.u32(at.freeSector, header.freeSector);
  if (header.parent === undefined) {
    writer.u32(at.cylinders, header.geometry.cylinders);
    writer.u32(at.heads, header.geometry.heads);
    writer.u32(at.sectorsPerTrack, header.geometry.sectorsPerTrack);
  } else {
    text(at.parentName, PARENT_NAME_BYTES, header.parent.storedName);
    writer.u32(at.parentGeneration, header.parent.generation);
  }
  writer.u32(at.generation, header.generation);
  text(at.name, 60, header.name);
  text(at.description, 512, header.record === undefined ? header.description : formatLinkRecord(header.record));
  writer.u32(at.savedGeneration, header.savedGeneration);
  if (!isThree) {
    writer.u32(at.uncleanShutdown, header.isClean ? 0 : 1);
    return bytes;
  }
  if (header.controller !== undefined) text(at.controller, 8, header.controller);
  writer.u32(at.ordinal, header.ordinal);
  writer.u32(at.fileCount, header.fileCount);
  writer.u32(at.diskCylinders, header.diskGeometry.cylinders);
  writer.u32(at.diskHeads, header.diskGeometry.heads);
  writer.u32(at.diskSectorsPerTrack, header.diskGeometry.sectorsPerTrack);
  writer.u32(at.diskCapacity, header.diskCapacitySectors);
  writer.u32(at.fileCapacity, header.fileCapacitySectors);
  if (onto === undefined) writer.u32(at.hardwareVersion, 2);
  return bytes;
}

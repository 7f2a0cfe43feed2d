import { roundUp, SECTOR_BYTES } from '../../base/units.ts';
import { Link } from '../chain/link.ts';
import { hostFiles, type DiskFile } from '../files/disk-file.ts';
import { FORMAT_LIMIT_SECTORS, SPLIT_FILE_LIMIT_SECTORS } from '../formats/sparse/file-limits.ts';
import { isVmdk4 } from '../formats/vmdk4/header.ts';
import { readVmdk4Header, writeUncleanMark } from '../formats/vmdk4/read-vmdk4-header.ts';
import type { DescribedCheck } from './check-described.ts';
import type { KeepOld } from './repair-link.ts';
import { repairStructure, writeDirectory, writeEntries, type OldEntries } from './repair-structure.ts';
import { scanStructure, type StructureScan } from './scan-structure.ts';
import {
  lengthSectorsOf,
  overlaps,
  readTable,
  tableSectorsOf,
  tablesOf,
  type SparseStructure,
} from './sparse-structure.ts';
import { differingTables, isPlaced, vmdkStructures, type VmdkStructures } from './vmdk-file.ts';

/** Entries that are looked at for what the copy may know of them. */
const NOTED = 65_536;

interface OpenVmdk {
  readonly file: DiskFile;
  readonly structures: VmdkStructures;
  readonly scan: StructureScan;
  readonly isClean: boolean;
}

/**
 * Repairs the hosted sparse files of a link (VMDK 4). The caller holds its writer lock. No file is made shorter.
 *
 * 1. Where entries will be cleared that the copy does not know either, the link gets a new content id and CID
 *    first, synced.
 * 2. Each file that needs it: marked as being written, synced; what only the copy knows goes into the first tables;
 *    then the first directory is repaired as `repairStructure` says; then the copy is written anew: tables, synced,
 *    then its directory, synced; then the mark goes.
 *
 * The first directory is right before the copy is touched, so a crash leaves one of them as good as before.
 * Throws disk.read-only, disk.no-space, disk.io, job.cancelled.
 */
export async function repairVmdkFiles(check: DescribedCheck, keep: KeepOld): Promise<void> {
  const opened: OpenVmdk[] = [];
  try {
    for (const path of check.files) await openVmdk(path, check, opened);
    const clears = ({ structures, scan }: OpenVmdk) => {
      const known = knownToCopy(structures, scan);
      const bad = scan.badTables.count + scan.badGrains.count;
      return bad > known.tables.size + known.grains.size;
    };
    if (check.rights.canChange && opened.some(clears)) identify(check);
    for (const vmdk of opened) await repairFile(vmdk, check, keep);
  } finally {
    for (const { file } of opened) file.close();
  }
}

async function openVmdk(
  path: string,
  { layer = hostFiles, signal }: DescribedCheck,
  opened: OpenVmdk[],
): Promise<void> {
  const file = layer.open(path, true);
  try {
    const start = new Uint8Array(4);
    const header = isVmdk4(start.subarray(0, file.read(0, start))) ? readVmdk4Header(file) : undefined;
    const structures = header === undefined ? undefined : vmdkStructures(file, header);
    if (header === undefined || structures === undefined) {
      file.close();
      return;
    }
    const scan = await scanStructure(structures.first, { signal, noted: NOTED });
    opened.push({ file, structures, scan, isClean: header.isClean });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The first write of a session does all that: side file, then CID. */
function identify({ files, format, layer = hostFiles, checkRight }: DescribedCheck): void {
  const link = Link.open({
    files,
    format,
    isWritable: true,
    layer,
    ...(checkRight === undefined ? {} : { checkRight }),
  });
  try {
    link.beginWriting();
  } finally {
    link.close();
  }
}

async function repairFile(
  { file, structures, scan, isClean }: OpenVmdk,
  check: DescribedCheck,
  keep: KeepOld,
): Promise<void> {
  const { first } = structures;
  const faults = [scan.badTables, scan.badGrains, scan.sharedTables, scan.overwrittenTables, scan.sharedGrains];
  if (isClean && faults.every(({ count }) => count === 0) && differingTables(structures).length === 0) return;
  check.checkRight?.();
  writeUncleanMark(file, true, true);
  const limitSectors =
    lengthSectorsOf(first) <= SPLIT_FILE_LIMIT_SECTORS ? SPLIT_FILE_LIMIT_SECTORS : FORMAT_LIMIT_SECTORS;
  const keepOf = (old: OldEntries) => {
    keep(file.path, old);
  };
  takeFromCopy(structures, scan, keepOf);
  const left = await repairStructure(first, {
    signal: check.signal,
    checkRight: check.checkRight,
    canChange: check.rights.canChange,
    limitSectors,
    keep: keepOf,
  });
  // As long as the first can't be read as a whole, the copy may know what it does not.
  if (left.badTables.count + left.badGrains.count + left.unreadableTables.count === 0) writeCopy(structures, keepOf);
  writeUncleanMark(file, false, true);
}

interface Known {
  /** By table: the entries that the copy has for it. */
  readonly tables: ReadonlyMap<number, Uint32Array>;
  /** By grain: where the copy says that it lies. */
  readonly grains: ReadonlyMap<number, number>;
}

/** What of the damage the copy knows better: whole tables, and single entries. */
function knownToCopy({ first, copy }: VmdkStructures, scan: StructureScan): Known {
  const tables = new Map<number, Uint32Array>();
  const grains = new Map<number, number>();
  if (copy === undefined) return { tables, grains };
  const isRight = (sector: number) =>
    sector === 0 ||
    (sector === 1 && copy.hasZeroMark) ||
    (sector >= (copy.overheadSectors ?? 0) && sector + copy.grainSectors <= lengthSectorsOf(copy));
  for (const { table } of scan.badTables.noted) {
    if (!isPlaced(copy, table)) continue;
    const entries = readTable(copy, table, new Uint32Array(copy.entriesPerTable));
    if (entries.every(isRight)) tables.set(table, entries);
  }
  for (const { grain } of scan.badGrains.noted) {
    const table = Math.floor(grain / copy.entriesPerTable);
    if (!isPlaced(copy, table) || copy.directory[table] === first.directory[table]) continue;
    const entry = readTable(copy, table, new Uint32Array(copy.entriesPerTable))[grain % copy.entriesPerTable] ?? 0;
    if (isRight(entry)) grains.set(grain, entry);
  }
  return { tables, grains };
}

function takeFromCopy(structures: VmdkStructures, scan: StructureScan, keep: (old: OldEntries) => void): void {
  const { first } = structures;
  const { tables, grains } = knownToCopy(structures, scan);
  if (tables.size + grains.size === 0) return;
  keep({
    tables: scan.badTables.noted.filter(({ table }) => tables.has(table)),
    grains: scan.badGrains.noted.filter(({ grain }) => grains.has(grain)),
  });
  writeDirectory(first, appendTables(first, tables));
  writeEntries(first, grains);
}

/** Makes every table of the copy say what the first says. One that lies among the grains is not written over. */
function writeCopy(structures: VmdkStructures, keep: (old: OldEntries) => void): void {
  const { first, copy } = structures;
  if (copy === undefined) return;
  const differing = differingTables(structures);
  if (differing.length === 0) return;
  const entry = (table: number) => ({
    table,
    sector: copy.directory[table] ?? 0,
    reason: 'in the redundant directory',
  });
  keep({ tables: differing.map(entry), grains: [] });
  const moved = new Map<number, Uint32Array>();
  const cleared = new Map<number, number>();
  for (const table of differing) {
    if (first.directory[table] === 0) {
      cleared.set(table, 0);
      continue;
    }
    const entries = readTable(first, table, new Uint32Array(first.entriesPerTable)).slice();
    if (hasPlaceOfItsOwn(structures, table)) writeTable(copy, copy.directory[table] as number, entries);
    else moved.set(table, entries);
  }
  writeDirectory(copy, new Map([...appendTables(copy, moved), ...cleared]));
}

/** Before the first grain, over no other table of either directory. */
function hasPlaceOfItsOwn({ first, copy }: VmdkStructures, table: number): boolean {
  if (copy === undefined || !isPlaced(copy, table)) return false;
  const sector = copy.directory[table] as number;
  const sectors = tableSectorsOf(copy);
  if (sector + sectors > (copy.overheadSectors ?? 0)) return false;
  for (let other = 0; other < tablesOf(copy); other++) {
    for (const { structure, isSelf } of [
      { structure: first, isSelf: false },
      { structure: copy, isSelf: other === table },
    ]) {
      const place = structure.directory[other] ?? 0;
      if (!isSelf && place !== 0 && overlaps(sector, sectors, { sector: place, sectors })) return false;
    }
  }
  return true;
}

/** Writes tables at the end of the file, synced; returns where each lies. */
function appendTables(structure: SparseStructure, tables: ReadonlyMap<number, Uint32Array>): Map<number, number> {
  const places = new Map<number, number>();
  let end = roundUp(lengthSectorsOf(structure), structure.grainSectors);
  for (const [table, entries] of tables) {
    writeTable(structure, end, entries);
    places.set(table, end);
    end += tableSectorsOf(structure);
  }
  structure.file.syncNow();
  return places;
}

function writeTable(structure: SparseStructure, sector: number, entries: Uint32Array): void {
  const bytes = new Uint8Array(tableSectorsOf(structure) * SECTOR_BYTES);
  bytes.set(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength));
  structure.file.write(sector * SECTOR_BYTES, [bytes]);
}

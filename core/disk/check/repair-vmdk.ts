import { roundUp, SECTOR_BYTES } from '../../base/units.ts';
import { Link } from '../chain/link.ts';
import { hostFiles, type DiskFile } from '../files/disk-file.ts';
import { FORMAT_LIMIT_SECTORS, SPLIT_FILE_LIMIT_SECTORS } from '../formats/sparse/file-limits.ts';
import { isVmdk4 } from '../formats/vmdk4/header.ts';
import { readVmdk4Header, writeUncleanMark } from '../formats/vmdk4/read-vmdk4-header.ts';
import type { DescribedCheck } from './check-described.ts';
import type { KeepOld } from './repair-link.ts';
import {
  checkRoom,
  clearEntries,
  leadsInto,
  nothing,
  repairStructure,
  tableOf,
  writeDirectory,
  writeEntries,
  type OldEntries,
  type RepairOptions,
} from './repair-structure.ts';
import { scanStructure, type GrainFault, type StructureScan } from './scan-structure.ts';
import {
  entriesOf,
  isBeforeGrains,
  knownToCopy,
  saidByCopyAlone,
  tablesInOthersPlaces,
  type Known,
} from './known-to-copy.ts';
import { lengthSectorsOf, tableSectorsOf, type SparseStructure } from './sparse-structure.ts';
import { differingTables, vmdkStructures, type VmdkStructures } from './vmdk-file.ts';

/** Entries that are looked at for what the copy may know of them, and that are kept in one file. */
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
 * 2. Each file that needs it: marked as being written, synced; what only the copy knows goes into the first tables,
 *    or, where something else may lie in the place of one, into a new one at the end; then the first directory is
 *    repaired as `repairStructure` says; then the copy is written anew, what it alone said being kept: tables, synced,
 *    then its directory, synced; then the mark goes.
 *
 * The first directory is right before the copy is touched, so a crash leaves one of them as good as before.
 * Throws disk.read-only, disk.no-space, disk.io, job.cancelled.
 */
export async function repairVmdkFiles(check: DescribedCheck, keep: KeepOld): Promise<void> {
  const opened: OpenVmdk[] = [];
  try {
    for (const path of check.files) await openVmdk(path, check, opened);
    const clears = ({ structures, scan }: OpenVmdk) =>
      scan.badTables.count + scan.badGrains.count > knownToCopy(structures, scan).faults;
    if (check.rights.canChange && opened.some(clears)) await identify(check);
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

/** The first write of a session does all that: side file, then CID. Its mark goes again, because not every file is repaired. */
async function identify({ files, format, layer = hostFiles, checkRight }: DescribedCheck): Promise<void> {
  const link = Link.open({
    files,
    format,
    isWritable: true,
    layer,
    ...(checkRight === undefined ? {} : { checkRight }),
  });
  try {
    link.beginWriting();
    await link.finishClean();
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
  const options: RepairOptions = {
    signal: check.signal,
    checkRight: check.checkRight,
    canChange: check.rights.canChange,
    limitSectors,
    keep: keepOf,
  };
  if (await takeAllFromCopy(structures, scan, options)) {
    const left = await repairStructure(first, options);
    // As long as the first can't be read as a whole, the copy may know what it does not.
    if (left.badTables.count + left.badGrains.count + left.unreadableTables.count === 0) writeCopy(structures, options);
  }
  writeUncleanMark(file, false, true);
}

/**
 * Takes what only the copy knows, in rounds as long as there are more faults than are noted and the copy knows of some
 * that are. False: some of it has no place to go, and everything else is left as it is, because the copy is the only
 * one to have it.
 */
async function takeAllFromCopy(
  structures: VmdkStructures,
  first: StructureScan,
  options: RepairOptions,
): Promise<boolean> {
  let scan = first;
  for (;;) {
    const outcome = takeFromCopy(structures, scan, options);
    if (outcome !== 'some') return outcome === 'all';
    scan = await scanStructure(structures.first, { signal: options.signal, noted: NOTED });
    // The scan took its time.
    options.checkRight?.();
  }
}

/** `some`: there may be more in the way than was noted, and some of that is gone now. */
function takeFromCopy(
  structures: VmdkStructures,
  scan: StructureScan,
  options: RepairOptions,
): 'all' | 'some' | 'stuck' {
  const { first } = structures;
  const { tables, grains } = knownToCopy(structures, scan);
  if (tables.size + grains.size === 0) return 'all';
  const reason = 'where the copy knows better';
  const old = [...tables.keys()].map((table) => ({ table, sector: first.directory[table] ?? 0, reason }));
  const isTaken = (grain: number) => grains.has(grain) || tables.has(tableOf(first, grain));
  options.keep({ tables: old, grains: scan.badGrains.noted.filter(({ grain }) => isTaken(grain)) });
  writeEntries(first, grains);
  const hasMore =
    scan.badTables.count > scan.badTables.noted.length || scan.badGrains.count > scan.badGrains.noted.length;
  if (tables.size === 0) return hasMore ? 'some' : 'all';
  const { mayGrow, cleared } = makeReadyToGrow(first, { scan, tables, grains }, options);
  if (!mayGrow) return 'stuck';
  if (hasMore) return cleared + grains.size > 0 ? 'some' : 'stuck';
  writeDirectory(first, appendTables(first, tables, options.limitSectors));
  return 'all';
}

/**
 * Clears what neither directory knows before the file grows by tables, because it may grow over what those entries say.
 * Returns whether it may grow, as far as what was noted goes, and how many entries were cleared.
 */
function makeReadyToGrow(
  first: SparseStructure,
  { scan, tables, grains }: { scan: StructureScan; tables: Known['tables']; grains: Known['grains'] },
  { canChange, keep }: RepairOptions,
): { mayGrow: boolean; cleared: number } {
  const isStillBad = ({ grain, sector }: GrainFault) =>
    !grains.has(grain) && (tables.get(tableOf(first, grain))?.[grain % first.entriesPerTable] ?? sector) === sector;
  const badTables = scan.badTables.noted.filter(({ table }) => !tables.has(table));
  const badGrains = scan.badGrains.noted.filter(isStillBad);
  const overwritten = new Set(scan.overwrittenTables.noted.map(({ table }) => table));
  const isClearable = ({ grain }: GrainFault) =>
    tables.has(tableOf(first, grain)) || !overwritten.has(tableOf(first, grain));
  const cleared = canChange ? { tables: badTables, grains: badGrains.filter(isClearable) } : nothing;
  let count = 0;
  if (cleared.tables.length + cleared.grains.length > 0) {
    keep(cleared);
    for (const { grain } of cleared.grains)
      tables.get(tableOf(first, grain))?.fill(0, grain % first.entriesPerTable, (grain % first.entriesPerTable) + 1);
    const written = { ...cleared, grains: cleared.grains.filter(({ grain }) => !tables.has(tableOf(first, grain))) };
    clearEntries(first, written);
    count = written.tables.length + written.grains.length;
  }
  const left = {
    badTables: canChange ? [] : badTables,
    badGrains: canChange ? badGrains.filter((fault) => !isClearable(fault)) : badGrains,
  };
  return { mayGrow: !leadsInto(first, left, tables.size * tableSectorsOf(first)), cleared: count };
}

/** Makes every table of the copy say what the first says, some at a time. One that lies among the grains is not written over. */
function writeCopy(structures: VmdkStructures, options: RepairOptions): void {
  const { first, copy } = structures;
  if (copy === undefined) return;
  const differing = differingTables(structures);
  const taken = tablesInOthersPlaces(structures);
  const tablesAtOnce = Math.max(1, Math.floor(NOTED / first.entriesPerTable));
  for (let from = 0; from < differing.length; from += tablesAtOnce)
    writeTables(first, copy, differing.slice(from, from + tablesAtOnce), taken.copy, options);
}

function writeTables(
  first: SparseStructure,
  copy: SparseStructure,
  tables: readonly number[],
  taken: ReadonlySet<number>,
  { keep, limitSectors }: RepairOptions,
): void {
  const reason = 'in the redundant directory';
  keep({
    tables: tables.map((table) => ({ table, sector: copy.directory[table] ?? 0, reason })),
    grains: tables.flatMap((table) => saidByCopyAlone(first, copy, table)),
  });
  const moved = new Map<number, Uint32Array>();
  const cleared = new Map<number, number>();
  for (const table of tables) {
    if (first.directory[table] === 0) {
      cleared.set(table, 0);
      continue;
    }
    const entries = entriesOf(first, table);
    if (isBeforeGrains(copy, table) && !taken.has(table)) writeTable(copy, copy.directory[table] as number, entries);
    else moved.set(table, entries);
  }
  writeDirectory(copy, new Map([...appendTables(copy, moved, limitSectors), ...cleared]));
}

/** Writes tables at the end of the file, synced; returns where each lies. Throws disk.io (EFBIG), with nothing written. */
function appendTables(
  structure: SparseStructure,
  tables: ReadonlyMap<number, Uint32Array>,
  limitSectors: number,
): Map<number, number> {
  const places = new Map<number, number>();
  if (tables.size === 0) return places;
  let end = roundUp(lengthSectorsOf(structure), structure.grainSectors);
  checkRoom(structure, end + tables.size * tableSectorsOf(structure), limitSectors);
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

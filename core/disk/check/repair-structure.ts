import { setImmediate } from 'node:timers/promises';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { MIB, roundUp, SECTOR_BYTES } from '../../base/units.ts';
import {
  scanStructure,
  type GrainFault,
  type ScanOptions,
  type StructureScan,
  type TableFault,
} from './scan-structure.ts';
import { ENTRY_BYTES, lengthSectorsOf, tableSectorsOf, type SparseStructure } from './sparse-structure.ts';

const ENTRIES_PER_SECTOR = SECTOR_BYTES / ENTRY_BYTES;
/** Faults that are put right between two scans. */
const AT_ONCE = 65_536;
/** Grains that are copied before others get a turn. */
const TURN_BYTES = 16 * MIB;

/** Entries that are about to be changed: what they said. */
export interface OldEntries {
  readonly tables: readonly TableFault[];
  readonly grains: readonly GrainFault[];
}

export interface RepairOptions extends ScanOptions {
  /** Clears entries that lead nowhere; what the file holds is another content then. */
  readonly canChange: boolean;
  /** The file does not grow past it. */
  readonly limitSectors: number;
  /** Called before entries are changed; what they said is on the device when it returns. */
  readonly keep: (old: OldEntries) => void;
  /** Called before anything is written; throws if the right to write is gone. */
  readonly checkRight?: (() => void) | undefined;
}

/**
 * Puts the entries of one file right, in rounds, until a scan finds nothing more to do. The file is marked as
 * being written. Data that somebody can read is never written over: whatever lies where something else lies
 * gets a place of its own at the end of the file, and reads as before.
 *
 * 0. What entries say that are going to be changed is kept elsewhere (`keep`).
 * 1. Entries that lead nowhere are cleared; synced. Before the file grows, because it may grow over what they say.
 *    Not in a table that a grain lies over: that may be somebody's data.
 * 2. Tables that share sectors with another table or with a grain are copied, less what is to be cleared in them;
 *    synced; then their directory entries point to the copies; synced.
 * 3. Grains that share sectors with another are copied; synced; then their entries follow; synced.
 *
 * Where the file would grow over such an entry that may not be cleared, or that nobody has noted, nothing is copied.
 *
 * A crash leaves entries old or new by sectors, and each reads as before. Returns the last scan.
 * Throws disk.no-space, disk.io (EFBIG where the file can't grow), job.cancelled; the file is consistent then.
 */
export async function repairStructure(structure: SparseStructure, options: RepairOptions): Promise<StructureScan> {
  const { grainSectors } = structure;
  for (;;) {
    const scan = await scanStructure(structure, { ...options, noted: AT_ONCE });
    const tables = [...scan.sharedTables.noted, ...scan.overwrittenTables.noted];
    const lost = options.canChange ? clearableNow(structure, scan) : nothing;
    const grains = scan.sharedGrains.noted;
    const newSectors = tables.length > 0 ? tables.length * tableSectorsOf(structure) : grains.length * grainSectors;
    // The scan took its time.
    options.checkRight?.();
    if (lost.tables.length + lost.grains.length > 0) {
      options.keep(lost);
      clearEntries(structure, lost);
    } else if (newSectors > 0 && isInTheWay(structure, scan, newSectors, options.canChange)) {
      return scan;
    } else if (tables.length > 0) {
      const isMoved = new Set(tables.map(({ table }) => table));
      const within = scan.badGrains.noted.filter(({ grain }) => isMoved.has(tableOf(structure, grain)));
      options.keep({ tables, grains: options.canChange ? within : [] });
      moveTables(structure, tables, options.canChange ? within : [], options.limitSectors);
    } else if (grains.length > 0) {
      options.keep({ tables: [], grains });
      await moveGrains(structure, grains, options);
    } else {
      return scan;
    }
  }
}

export const nothing: OldEntries = { tables: [], grains: [] };

/** Entries that lead nowhere and lie where no grain does, as far as that is known. */
function clearableNow(structure: SparseStructure, scan: StructureScan): OldEntries {
  const { noted, count } = scan.overwrittenTables;
  const overwritten = new Set(noted.map(({ table }) => table));
  const isClearable = ({ grain }: GrainFault) => noted.length === count && !overwritten.has(tableOf(structure, grain));
  return { tables: scan.badTables.noted, grains: scan.badGrains.noted.filter(isClearable) };
}

/** Whether the file would grow over entries that lead nowhere. Those of overwritten tables that are noted are cleared in their copies. */
function isInTheWay(
  structure: SparseStructure,
  { badTables, badGrains }: StructureScan,
  newSectors: number,
  canChange: boolean,
): boolean {
  if (badTables.count > badTables.noted.length || badGrains.count > badGrains.noted.length) return true;
  if (canChange) return false;
  return leadsInto(structure, { badTables: badTables.noted, badGrains: badGrains.noted }, newSectors);
}

/** Whether one of these entries leads past the end, and could be read once the file has so many sectors more. */
export function leadsInto(
  structure: SparseStructure,
  { badTables, badGrains }: { badTables: readonly TableFault[]; badGrains: readonly GrainFault[] },
  newSectors: number,
): boolean {
  const { grainSectors } = structure;
  const lengthSectors = lengthSectorsOf(structure);
  const endSector = roundUp(lengthSectors, grainSectors) + newSectors;
  const isReached = (sector: number, sectors: number) => sector + sectors > lengthSectors && sector < endSector;
  return (
    badTables.some(({ sector }) => isReached(sector, tableSectorsOf(structure))) ||
    badGrains.some(({ sector }) => isReached(sector, grainSectors))
  );
}

export function tableOf({ entriesPerTable }: SparseStructure, grain: number): number {
  return Math.floor(grain / entriesPerTable);
}

function moveTables(
  structure: SparseStructure,
  faults: readonly TableFault[],
  cleared: readonly GrainFault[],
  limitSectors: number,
): void {
  const { file, directory, entriesPerTable } = structure;
  const sectors = tableSectorsOf(structure);
  const clearedIn = new Map<number, number[]>(faults.map(({ table }) => [table, []]));
  for (const { grain } of cleared) clearedIn.get(tableOf(structure, grain))?.push(grain % entriesPerTable);
  const moved = new Map<number, number>();
  let end = lengthSectorsOf(structure);
  for (const { table } of faults) {
    if (moved.has(table)) continue;
    const bytes = new Uint8Array(sectors * SECTOR_BYTES);
    file.read((directory[table] as number) * SECTOR_BYTES, bytes);
    const entries = new Uint32Array(bytes.buffer);
    for (const index of clearedIn.get(table) ?? []) entries[index] = 0;
    checkRoom(structure, end + sectors, limitSectors);
    file.write(end * SECTOR_BYTES, [bytes]);
    moved.set(table, end);
    end += sectors;
  }
  file.syncNow();
  writeDirectory(structure, moved);
}

async function moveGrains(
  structure: SparseStructure,
  faults: readonly GrainFault[],
  { limitSectors, signal, checkRight }: RepairOptions,
): Promise<void> {
  const { file, grainSectors } = structure;
  const moved = new Map<number, number>();
  let end = roundUp(lengthSectorsOf(structure), grainSectors);
  for (const { grain, sector } of faults) {
    if (moved.has(grain)) continue;
    // What a last grain lacks past the end of the file reads as zeros.
    const bytes = new Uint8Array(grainSectors * SECTOR_BYTES);
    file.read(sector * SECTOR_BYTES, bytes);
    checkRoom(structure, end + grainSectors, limitSectors);
    file.write(end * SECTOR_BYTES, [bytes]);
    moved.set(grain, end);
    end += grainSectors;
    if ((moved.size * bytes.length) % TURN_BYTES !== 0) continue;
    await setImmediate();
    if (signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The repair was stopped.', {});
    checkRight?.();
  }
  file.syncNow();
  writeEntries(structure, moved);
}

export function clearEntries(structure: SparseStructure, { tables, grains }: OldEntries): void {
  if (grains.length > 0) writeEntries(structure, new Map(grains.map(({ grain }) => [grain, 0])));
  if (tables.length > 0) writeDirectory(structure, new Map(tables.map(({ table }) => [table, 0])));
}

/** Writes directory entries, by whole sectors, synced. */
export function writeDirectory(structure: SparseStructure, changes: ReadonlyMap<number, number>): void {
  const { file, directory, directorySector } = structure;
  const edits = new SectorEdits(structure);
  for (const [table, sector] of changes) {
    directory[table] = sector;
    edits.set(directorySector + Math.floor(table / ENTRIES_PER_SECTOR), table % ENTRIES_PER_SECTOR, sector);
  }
  edits.write();
  file.syncNow();
}

/** Writes entries of tables, by whole sectors, synced. */
export function writeEntries(structure: SparseStructure, changes: ReadonlyMap<number, number>): void {
  const { file, directory, entriesPerTable } = structure;
  const edits = new SectorEdits(structure);
  for (const [grain, sector] of changes) {
    const index = grain % entriesPerTable;
    const tableSector = directory[tableOf(structure, grain)] as number;
    edits.set(tableSector + Math.floor(index / ENTRIES_PER_SECTOR), index % ENTRIES_PER_SECTOR, sector);
  }
  edits.write();
  file.syncNow();
}

/** Sectors of entries that are read, changed and written back whole. */
class SectorEdits {
  private readonly structure: SparseStructure;
  private readonly sectors = new Map<number, Uint32Array>();

  constructor(structure: SparseStructure) {
    this.structure = structure;
  }

  set(sector: number, index: number, value: number): void {
    let entries = this.sectors.get(sector);
    if (entries === undefined) {
      entries = new Uint32Array(ENTRIES_PER_SECTOR);
      this.structure.file.read(sector * SECTOR_BYTES, new Uint8Array(entries.buffer));
      this.sectors.set(sector, entries);
    }
    entries[index] = value;
  }

  write(): void {
    for (const [sector, entries] of this.sectors)
      this.structure.file.write(sector * SECTOR_BYTES, [new Uint8Array(entries.buffer)]);
  }
}

export function checkRoom(structure: SparseStructure, endSector: number, limitSectors: number): void {
  if (endSector <= limitSectors) return;
  const { path } = structure.file;
  const message = `${path} has reached its greatest length; there is no room for copies.`;
  throw new RedoubtError('disk.io', message, { file: path, operation: 'allocate', errno: 'EFBIG' });
}

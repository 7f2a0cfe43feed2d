import type { GrainFault, StructureScan } from './scan-structure.ts';
import { lengthSectorsOf, readTable, tableSectorsOf, tablesOf, type SparseStructure } from './sparse-structure.ts';
import { isPlaced, type VmdkStructures } from './vmdk-file.ts';

/** What of the damage of a file's first directory its copy knows better. */
export interface Known {
  /** By table: the entries that it gets, in a place of its own. */
  readonly tables: ReadonlyMap<number, Uint32Array>;
  /** By grain: where it lies. Nothing else can lie in the place of its table. */
  readonly grains: ReadonlyMap<number, number>;
  /** How many of the scan's faults all that puts right. */
  readonly faults: number;
}

/**
 * Whole tables, and single entries. A table that shares its place with another table or with a grain says what that
 * says, or half of it: it is taken from the copy, if every entry there can be right. In such a place nothing is
 * changed, because it may be somebody's data.
 */
export function knownToCopy(structures: VmdkStructures, scan: StructureScan): Known {
  const { first, copy } = structures;
  const tables = new Map<number, Uint32Array>();
  const grains = new Map<number, number>();
  let faults = 0;
  if (copy === undefined) return { tables, grains, faults };
  const isRight = (sector: number) =>
    sector === 0 ||
    (sector === 1 && copy.hasZeroMark) ||
    (sector >= (copy.overheadSectors ?? 0) && sector + copy.grainSectors <= lengthSectorsOf(copy));
  const taken = tablesInOthersPlaces(structures).first;
  for (const { table } of scan.overwrittenTables.noted) taken.add(table);
  const bad = new Set(scan.badTables.noted.map(({ table }) => table));
  const whole = new Set<number>();
  for (const table of [...bad, ...taken]) {
    if (!isPlaced(copy, table)) continue;
    const entries = entriesOf(copy, table);
    if (!entries.every(isRight) || (!bad.has(table) && isEqual(entries, entriesOf(first, table)))) continue;
    tables.set(table, entries);
    whole.add(table);
    if (bad.has(table)) faults++;
  }
  for (const { grain } of scan.badGrains.noted) {
    const table = Math.floor(grain / copy.entriesPerTable);
    if (whole.has(table)) {
      faults++;
      continue;
    }
    if (!isPlaced(copy, table) || copy.directory[table] === first.directory[table]) continue;
    const index = grain % copy.entriesPerTable;
    const entry = entriesOf(copy, table)[index] ?? 0;
    if (!isRight(entry)) continue;
    faults++;
    if (isBeforeGrains(first, table) && !taken.has(table)) {
      grains.set(grain, entry);
      continue;
    }
    const entries = tables.get(table) ?? entriesOf(first, table);
    entries[index] = entry;
    tables.set(table, entries);
  }
  return { tables, grains, faults };
}

/** Tables of either directory that lie where another table of one of them lies, or begins to. */
export function tablesInOthersPlaces({ first, copy }: VmdkStructures): { first: Set<number>; copy: Set<number> } {
  const found = { first: new Set<number>(), copy: new Set<number>() };
  const placed = [...placesOf(first, found.first), ...(copy === undefined ? [] : placesOf(copy, found.copy))].sort(
    (a, b) => a.sector - b.sector,
  );
  const sectors = tableSectorsOf(first);
  for (const [index, place] of placed.entries()) {
    const before = placed[index - 1];
    if (before === undefined || before.sector + sectors <= place.sector) continue;
    before.found.add(before.table);
    place.found.add(place.table);
  }
  return found;
}

function placesOf(
  structure: SparseStructure,
  found: Set<number>,
): { sector: number; table: number; found: Set<number> }[] {
  const places = [];
  for (let table = 0; table < tablesOf(structure); table++)
    if (isPlaced(structure, table)) places.push({ sector: structure.directory[table] as number, table, found });
  return places;
}

/** Whether a table lies where no grain can be. */
export function isBeforeGrains(structure: SparseStructure, table: number): boolean {
  const end = (structure.directory[table] as number) + tableSectorsOf(structure);
  return isPlaced(structure, table) && end <= (structure.overheadSectors ?? 0);
}

/** What a table of the copy says and that of the first does not: who knows better can put it back. */
export function saidByCopyAlone(first: SparseStructure, copy: SparseStructure, table: number): GrainFault[] {
  if (!isPlaced(copy, table)) return [];
  const mine = first.directory[table] === 0 ? undefined : entriesOf(first, table);
  const alone: GrainFault[] = [];
  for (const [index, sector] of entriesOf(copy, table).entries()) {
    if (sector === 0 || sector === mine?.[index]) continue;
    alone.push({ grain: table * copy.entriesPerTable + index, sector, reason: 'in the redundant table' });
  }
  return alone;
}

/** The entries of a table that lie in the span. Throws disk.io. */
export function entriesOf(structure: SparseStructure, table: number): Uint32Array {
  return readTable(structure, table, new Uint32Array(structure.entriesPerTable));
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  return a.every((entry, index) => entry === b[index]);
}

import { setImmediate } from 'node:timers/promises';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { greatestCommonDivisor } from '../../base/units.ts';
import { SlotSet } from '../formats/sparse/slot-set.ts';
import {
  lengthSectorsOf,
  overlaps,
  readTable,
  tableSectorsOf,
  tablesOf,
  type SparseStructure,
} from './sparse-structure.ts';

/** Of each kind of damage this many are noted one by one, unless more are asked for. */
const NOTED = 1000;
/** Slots that are looked at in one pass over the tables: 64 MiB of memory at the most. */
const WINDOW_SLOTS = 2 ** 29;
/** Tables that are read before others get a turn. */
const TABLES_AT_ONCE = 64;

export interface TableFault {
  readonly table: number;
  /** Where its directory entry points. */
  readonly sector: number;
  readonly reason: string;
}

export interface GrainFault {
  readonly grain: number;
  /** Where its entry points. */
  readonly sector: number;
  readonly reason: string;
}

/** A kind of damage: the first of it, and how many there are. */
export interface Faults<T> {
  readonly noted: T[];
  count: number;
}

export interface StructureScan {
  /** Directory entries that point where no table can be. */
  readonly badTables: Faults<TableFault>;
  /** Tables that the host can't read. */
  readonly unreadableTables: Faults<TableFault>;
  /** Tables that share sectors with one of a lower number. */
  readonly sharedTables: Faults<TableFault>;
  /** Tables that a grain lies over. */
  readonly overwrittenTables: Faults<TableFault>;
  readonly badGrains: Faults<GrainFault>;
  /** Grains whose place a grain of a lower number has, or a part of it. */
  readonly sharedGrains: Faults<GrainFault>;
  /** Grains that can be read. */
  readonly grains: number;
  /** Where what is used ends; the rest of the file is a tail that nobody points to. */
  readonly usedEndSector: number;
  /** Sectors behind the metadata, up to `usedEndSector`, that nobody points to. */
  readonly unusedSectors: number;
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** How many faults of a kind are noted one by one; the rest is counted. */
  readonly noted?: number;
}

/**
 * Looks at every entry of a file. Writes nothing. Two passes over the tables: one judges each entry by
 * itself, the next marks places in a bitmap, a window of 2^29 slots at a time, so that memory has a bound
 * whatever the file says. A slot is a grain where all are aligned alike, else a smaller unit.
 * Throws job.cancelled, disk.io only for the directory.
 */
export async function scanStructure(structure: SparseStructure, options: ScanOptions = {}): Promise<StructureScan> {
  const scan = new Scan(structure, options);
  scan.judgeTables();
  await scan.judgeGrains();
  await scan.findShared();
  return scan.result();
}

const noTables = new Uint32Array(0);

function none<T>(): Faults<T> {
  return { noted: [], count: 0 };
}

class Scan {
  private readonly structure: SparseStructure;
  private readonly signal: AbortSignal | undefined;
  private readonly noted: number;
  private readonly lengthSectors: number;
  private readonly tableSectors: number;
  private readonly isUsable: Uint8Array;
  /** Where the metadata that begins the file ends, and where the last of it at a fixed place ends. */
  private readonly headEnd: number;
  private readonly fixedEnd: number;
  /** The usable tables in the order of their places. */
  private byPlace = new Uint32Array(0);
  /** No grain can lie below it. */
  private lowestSector = 0;
  private readonly badTables = none<TableFault>();
  private readonly unreadableTables = none<TableFault>();
  private readonly sharedTables = none<TableFault>();
  private readonly overwrittenTables = none<TableFault>();
  private readonly badGrains = none<GrainFault>();
  private readonly sharedGrains = none<GrainFault>();
  private grains = 0;
  private unit: number;
  private origin: number | undefined;
  private usedEnd = 0;

  constructor(structure: SparseStructure, { signal, noted = NOTED }: ScanOptions) {
    this.structure = structure;
    this.signal = signal;
    this.noted = noted;
    this.lengthSectors = lengthSectorsOf(structure);
    this.tableSectors = tableSectorsOf(structure);
    this.isUsable = new Uint8Array(tablesOf(structure));
    this.unit = structure.grainSectors;
    const fixed = structure.fixed.map(({ sector, sectors }) => ({ sector, end: sector + sectors }));
    this.fixedEnd = Math.max(...fixed.map((row) => row.end));
    this.headEnd = fixed
      .sort((a, b) => a.sector - b.sector)
      .reduce((end, row) => (row.sector <= end ? Math.max(end, row.end) : end), 0);
  }

  judgeTables(): void {
    const { directory } = this.structure;
    const fixedEnd = this.headEnd;
    let isOneRow = true;
    let next: number | undefined;
    for (let table = 0; table < this.isUsable.length; table++) {
      const sector = directory[table] ?? 0;
      if (sector === 0) continue;
      const reason = this.judgeTable(sector);
      if (reason !== undefined) {
        this.note(this.badTables, { table, sector, reason });
        continue;
      }
      this.isUsable[table] = 1;
      if (sector !== (next ?? fixedEnd)) isOneRow = false;
      next = sector + this.tableSectors;
    }
    this.byPlace = Uint32Array.from(this.isUsable.keys())
      .filter((table) => this.isUsable[table] === 1)
      .sort((a, b) => this.sectorOf(a) - this.sectorOf(b));
    const last = this.byPlace.at(-1);
    this.usedEnd = Math.max(
      this.fixedEnd,
      this.structure.overheadSectors ?? 0,
      last === undefined ? 0 : this.sectorOf(last) + this.tableSectors,
    );
    this.lowestSector = this.structure.overheadSectors ?? (isOneRow ? (next ?? fixedEnd) : fixedEnd);
    this.findSharedTables();
  }

  private judgeTable(sector: number): string | undefined {
    const { fixed } = this.structure;
    if (fixed.some((row) => overlaps(sector, this.tableSectors, row))) return 'inside the metadata';
    if (sector + this.tableSectors > this.lengthSectors) return 'past the end of the file';
    return undefined;
  }

  private findSharedTables(): void {
    for (let index = 1; index < this.byPlace.length; index++) {
      const [other, table] = [this.byPlace[index - 1] as number, this.byPlace[index] as number];
      const sector = this.sectorOf(table);
      if (this.sectorOf(other) + this.tableSectors <= sector) continue;
      this.note(this.sharedTables, { table, sector, reason: `where table ${String(other)} lies too` });
    }
  }

  private sectorOf(table: number): number {
    return this.structure.directory[table] as number;
  }

  async judgeGrains(): Promise<void> {
    const { grainSectors, entriesPerTable } = this.structure;
    const hitTables = new Set<number>();
    await this.walk((firstGrain, entries) => {
      for (let index = 0; index < entries.length; index++) {
        const sector = entries[index] as number;
        if (sector === 0) continue;
        const grain = firstGrain + index;
        if (sector === 1 && this.structure.hasZeroMark) continue;
        const reason = this.judgeGrain(grain, sector);
        if (reason !== undefined) {
          this.note(this.badGrains, { grain, sector, reason });
          continue;
        }
        this.grains++;
        this.usedEnd = Math.max(this.usedEnd, sector + grainSectors);
        this.origin ??= sector;
        if ((sector - this.origin) % this.unit !== 0)
          this.unit = greatestCommonDivisor(this.unit, Math.abs(sector - this.origin));
        for (const table of this.tablesAt(sector, grainSectors)) {
          if (hitTables.has(table)) continue;
          hitTables.add(table);
          const reason = `where grain ${String(grain)} lies too`;
          this.note(this.overwrittenTables, { table, sector: this.sectorOf(table), reason });
        }
      }
    }, entriesPerTable);
  }

  private judgeGrain(grain: number, sector: number): string | undefined {
    const { grainSectors, spanSectors, fixed } = this.structure;
    if (sector < this.lowestSector) return 'inside the metadata';
    if (sector < this.fixedEnd && fixed.some((row) => overlaps(sector, grainSectors, row)))
      return 'inside the metadata';
    // The last grain may stick out past the disk; that part need not be in the file.
    const used = Math.min(grainSectors, spanSectors - grain * grainSectors);
    return sector + used > this.lengthSectors ? 'past the end of the file' : undefined;
  }

  /** The usable tables that a grain at `sector` would share sectors with. */
  private tablesAt(sector: number, grainSectors: number): Uint32Array {
    const { byPlace, tableSectors } = this;
    const last = byPlace.at(-1);
    if (last === undefined || sector >= this.sectorOf(last) + tableSectors) return noTables;
    let low = 0;
    let high = byPlace.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sectorOf(byPlace[middle] as number) + tableSectors > sector) high = middle;
      else low = middle + 1;
    }
    let end = low;
    while (end < byPlace.length && this.sectorOf(byPlace[end] as number) < sector + grainSectors) end++;
    return end === low ? noTables : byPlace.subarray(low, end);
  }

  async findShared(): Promise<void> {
    const { origin, unit } = this;
    if (origin === undefined || this.grains < 2) return;
    const { grainSectors, entriesPerTable, hasZeroMark } = this.structure;
    const unitsPerGrain = grainSectors / unit;
    const shift = origin % unit;
    const slots = Math.ceil((this.usedEnd - shift) / unit);
    for (let first = 0; first < slots; first += WINDOW_SLOTS) {
      const end = Math.min(first + WINDOW_SLOTS, slots);
      const taken = new SlotSet(end - first);
      await this.walk((firstGrain, entries) => {
        for (let index = 0; index < entries.length; index++) {
          const sector = entries[index] as number;
          if (sector === 0 || (sector === 1 && hasZeroMark)) continue;
          const slot = (sector - shift) / unit;
          if (slot + unitsPerGrain <= first || slot >= end) continue;
          const grain = firstGrain + index;
          if (this.judgeGrain(grain, sector) !== undefined) continue;
          let isShared = false;
          for (let at = Math.max(slot, first); at < Math.min(slot + unitsPerGrain, end); at++)
            if (!taken.add(at - first)) isShared = true;
          if (isShared) this.note(this.sharedGrains, { grain, sector, reason: 'where another grain lies too' });
        }
      }, entriesPerTable);
    }
  }

  result(): StructureScan {
    const { grainSectors } = this.structure;
    const tables = this.byPlace.filter((table) => this.sectorOf(table) >= this.lowestSector).length;
    const behind = this.usedEnd - this.lowestSector - tables * this.tableSectors - this.grains * grainSectors;
    // The first grain is aligned, and what lies before it is not lost.
    const padding = this.origin === undefined ? 0 : (this.origin - this.lowestSector) % grainSectors;
    return {
      badTables: this.badTables,
      unreadableTables: this.unreadableTables,
      sharedTables: this.sharedTables,
      overwrittenTables: this.overwrittenTables,
      badGrains: this.badGrains,
      sharedGrains: this.sharedGrains,
      grains: this.grains,
      usedEndSector: this.usedEnd,
      unusedSectors: Math.max(0, behind - padding),
    };
  }

  private note<T>(faults: Faults<T>, fault: T): void {
    faults.count++;
    if (faults.noted.length < this.noted) faults.noted.push(fault);
  }

  /** Shows every table of the span that can be read. */
  private async walk(visit: (firstGrain: number, entries: Uint32Array) => void, perTable: number): Promise<void> {
    const target = new Uint32Array(perTable);
    for (let table = 0, done = 0; table < this.isUsable.length; table++) {
      if (this.isUsable[table] !== 1) continue;
      try {
        visit(table * perTable, readTable(this.structure, table, target));
      } catch (error) {
        if (!(error instanceof RedoubtError) || !error.is('disk.io')) throw error;
        this.isUsable[table] = 0;
        this.note(this.unreadableTables, { table, sector: this.sectorOf(table), reason: "which can't be read" });
      }
      if (++done % TABLES_AT_ONCE === 0) await setImmediate();
      if (this.signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The check was stopped.', {});
    }
  }
}

import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';

/** Grain tables of a compressed file, read only. */
export interface StreamShape {
  readonly directorySector: number;
  readonly entriesPerTable: number;
  readonly grainSectors: number;
  readonly spanSectors: number;
}

const TABLES_KEPT = 64;

/**
 * For each grain of a compressed file the sector of its record, or 0. Nothing of it may be trusted: every
 * entry is judged against the file before it is followed. The last tables that were read are kept.
 */
export class StreamTables {
  private readonly file: DiskFile;
  private readonly shape: StreamShape;
  private readonly fileSectors: number;
  private directory: Uint32Array | undefined;
  private readonly tables = new Map<number, Uint32Array>();

  constructor(file: DiskFile, shape: StreamShape) {
    this.file = file;
    this.shape = shape;
    this.fileSectors = Math.floor(file.lengthBytes() / SECTOR_BYTES);
  }

  /** The sector of a grain's record; 0: the file has none; 1: zeros, where the file says so of the number. Throws disk.corrupt, disk.io. */
  entry(grain: number): number {
    const { entriesPerTable } = this.shape;
    const table = this.table(Math.floor(grain / entriesPerTable));
    const sector = table?.[grain % entriesPerTable] ?? 0;
    if (sector >= this.fileSectors) throw this.corrupt(`grain ${String(grain)}`, sector, 'past the end of the file');
    return sector;
  }

  private table(index: number): Uint32Array | undefined {
    const kept = this.tables.get(index);
    if (kept !== undefined) return kept;
    const sector = this.loadDirectory()[index] ?? 0;
    if (sector === 0) return undefined;
    const entries = this.readEntries(`grain directory entry ${String(index)}`, sector, this.shape.entriesPerTable);
    const oldest = this.tables.keys().next();
    if (this.tables.size >= TABLES_KEPT && oldest.done !== true) this.tables.delete(oldest.value);
    this.tables.set(index, entries);
    return entries;
  }

  private loadDirectory(): Uint32Array {
    const { directorySector, entriesPerTable, grainSectors, spanSectors } = this.shape;
    this.directory ??= this.readEntries(
      'grain directory',
      directorySector,
      countOf(spanSectors, grainSectors * entriesPerTable),
    );
    return this.directory;
  }

  private readEntries(field: string, sector: number, count: number): Uint32Array {
    if (sector + countOf(count * 4, SECTOR_BYTES) > this.fileSectors)
      throw this.corrupt(field, sector, 'past the end of the file');
    const entries = new Uint32Array(count);
    const bytes = new Uint8Array(entries.buffer);
    if (this.file.read(sector * SECTOR_BYTES, bytes) < bytes.length)
      throw this.corrupt(field, sector, 'past the end of the file');
    return entries;
  }

  private corrupt(field: string, value: number, reason: string): RedoubtError {
    const { path: file } = this.file;
    return new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${String(value)}, ${reason}.`, {
      file,
      field,
      value: String(value),
      reason,
    });
  }
}

import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { HEADER_BYTES, decodeHeader } from '../../core/disk/formats/cowd/header.ts';

/** Looks into a COWD file and damages it, entry by entry. Nothing of the engine but the header's reading. */
export class SparseFile {
  readonly path: string;
  readonly directorySector: number;
  readonly grainSectors: number;
  private readonly entriesPerTable: number;

  constructor(path: string, entriesPerTable = 4096) {
    this.path = path;
    const bytes = readFileSync(path);
    const header = decodeHeader(bytes.subarray(0, HEADER_BYTES), path, bytes.length);
    this.directorySector = header.directorySector;
    this.grainSectors = header.grainSectors;
    this.entriesPerTable = entriesPerTable;
  }

  table(table: number): number {
    return this.get(this.directorySector * 512 + table * 4);
  }

  setTable(table: number, sector: number): void {
    this.set(this.directorySector * 512 + table * 4, sector);
  }

  grain(grain: number): number {
    return this.get(this.entryOffset(grain));
  }

  setGrain(grain: number, sector: number): void {
    this.set(this.entryOffset(grain), sector);
  }

  /** A 32-bit field. */
  get(offset: number): number {
    const bytes = new Uint32Array(1);
    const fd = openSync(this.path, 'r');
    try {
      readSync(fd, bytes, 0, 4, offset);
    } finally {
      closeSync(fd);
    }
    return bytes[0] as number;
  }

  set(offset: number, value: number): void {
    const fd = openSync(this.path, 'r+');
    try {
      writeSync(fd, new Uint32Array([value]), 0, 4, offset);
    } finally {
      closeSync(fd);
    }
  }

  private entryOffset(grain: number): number {
    return this.table(Math.floor(grain / this.entriesPerTable)) * 512 + (grain % this.entriesPerTable) * 4;
  }
}

import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, MIB, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { FIRST_PLACE, NOWHERE, ZEROS } from '../extent.ts';
import type { MarkedExtent } from '../sidecar-books.ts';
import type { Vmdk4Header } from '../vmdk4/header.ts';
import { readStreamGrain } from './stream-record.ts';
import { StreamTables } from './stream-tables.ts';

const LIMIT_SECTORS = 0xffff_ffff - FIRST_PLACE;
/** Inflated grains that are kept. */
const KEPT_BYTES = 8 * MIB;

/**
 * A compressed extent, for reading. Its address space is the disk's own, because a grain has no bytes in the
 * file as they are: an address is the place in the extent that is asked for, and reading one inflates.
 */
export class StreamExtent implements MarkedExtent {
  readonly path: string;
  readonly file: DiskFile;
  readonly startBytes: number;
  readonly spanBytes: number;
  readonly grainBytes: number;
  readonly grainCount: number;
  readonly originBytes = -FIRST_PLACE * SECTOR_BYTES;
  readonly grainsPerTable: number;
  readonly tableBytes = 0;
  hasUnsynced = false;
  isBegun = false;
  readonly hasPending = false;
  readonly isClean = true;
  private readonly tables: StreamTables;
  private readonly hasZeroedGrains: boolean;
  /** The latest last. */
  private readonly inflated = new Map<number, Uint8Array>();

  /** `directorySector`: as the header or the footer says. Throws disk.unsupported for more sectors than places can count. */
  constructor(
    file: DiskFile,
    header: Vmdk4Header & { readonly directorySector: number },
    place: { startBytes: number; spanBytes: number },
  ) {
    this.path = file.path;
    this.file = file;
    this.startBytes = place.startBytes;
    this.spanBytes = place.spanBytes;
    this.grainBytes = header.grainSectors * SECTOR_BYTES;
    this.grainCount = countOf(place.spanBytes, this.grainBytes);
    this.grainsPerTable = header.entriesPerTable;
    this.hasZeroedGrains = header.hasZeroedGrains;
    const spanSectors = place.spanBytes / SECTOR_BYTES;
    if (spanSectors > LIMIT_SECTORS) {
      const feature = `${String(place.spanBytes)} bytes of disk in one compressed file`;
      throw new RedoubtError('disk.unsupported', `${this.path} uses what is not supported: ${feature}.`, {
        file: this.path,
        feature,
      });
    }
    this.tables = new StreamTables(file, { ...header, spanSectors });
  }

  readPlaces(firstGrain: number, count: number, target: Uint32Array, positions?: Uint16Array): number {
    const grainSectors = this.grainBytes / SECTOR_BYTES;
    let found = 0;
    for (let index = 0; index < count; index++) {
      const grain = firstGrain + index;
      const sector = this.tables.entry(grain);
      if (sector === 0) {
        target[index] = NOWHERE;
        continue;
      }
      target[index] = sector === 1 && this.hasZeroedGrains ? ZEROS : FIRST_PLACE + grain * grainSectors;
      if (positions !== undefined) positions[found] = index;
      found++;
    }
    return found;
  }

  readAt(addressBytes: number, target: Uint8Array): number {
    const from = addressBytes - this.originBytes - FIRST_PLACE * SECTOR_BYTES;
    for (let done = 0; done < target.length;) {
      const grain = Math.floor((from + done) / this.grainBytes);
      const within = from + done - grain * this.grainBytes;
      const part = this.grain(grain).subarray(within, within + target.length - done);
      target.set(part, done);
      done += part.length;
    }
    return target.length;
  }

  /** Brings the compressed bytes into the page cache without holding up the thread; inflating them is quick beside that. */
  async readAtLater(addressBytes: number, target: Uint8Array): Promise<number> {
    const from = addressBytes - this.originBytes - FIRST_PLACE * SECTOR_BYTES;
    const lastGrain = Math.floor((from + Math.max(target.length, 1) - 1) / this.grainBytes);
    for (let grain = Math.floor(from / this.grainBytes); grain <= lastGrain; grain++) {
      const sector = this.tables.entry(grain);
      if (sector <= 1 || this.inflated.has(grain)) continue;
      await this.file.readLater(sector * SECTOR_BYTES, new Uint8Array(this.grainBytes + SECTOR_BYTES));
    }
    return this.readAt(addressBytes, target);
  }

  dataBytes(): number {
    return Math.min(this.file.lengthBytes(), this.spanBytes);
  }

  writeInPlace(): never {
    throw this.readOnly();
  }

  findRow(): never {
    throw this.readOnly();
  }

  reserve(): never {
    throw this.readOnly();
  }

  giveBack(): never {
    throw this.readOnly();
  }

  writeRow(): never {
    throw this.readOnly();
  }

  extendOver(): never {
    throw this.readOnly();
  }

  enter(): never {
    throw this.readOnly();
  }

  begin(): never {
    throw this.readOnly();
  }

  finishClean(): void {
    // It was never begun.
  }

  freezeTables(): void {
    // Nothing is ever pending.
  }

  thawTables(): void {
    // Nothing is ever pending.
  }

  writeFrozenTables(): void {
    // Nothing is ever pending.
  }

  private grain(grain: number): Uint8Array {
    const kept = this.inflated.get(grain);
    if (kept !== undefined) {
      this.inflated.delete(grain);
      this.inflated.set(grain, kept);
      return kept;
    }
    const bytes = readStreamGrain(this.file, this.tables.entry(grain), {
      lbaSectors: grain * (this.grainBytes / SECTOR_BYTES),
      grainBytes: this.grainBytes,
      neededBytes: Math.min(this.grainBytes, this.spanBytes - grain * this.grainBytes),
    });
    this.inflated.set(grain, bytes);
    const oldest = this.inflated.keys().next();
    if (this.inflated.size * this.grainBytes > KEPT_BYTES && this.inflated.size > 1 && oldest.done !== true)
      this.inflated.delete(oldest.value);
    return bytes;
  }

  private readOnly(): RedoubtError {
    return writingToStream(this.path);
  }
}

export function writingToStream(file: string): RedoubtError {
  const feature = 'writing to a compressed disk';
  return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}

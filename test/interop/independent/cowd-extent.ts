import {
  cowdHeaderBytes,
  cowdMagic,
  entriesPerTable,
  parseCowdHeader,
  sectorBytes,
  type CowdHeader,
} from './cowd-layout.ts';
import type { Extent, Grain } from './extent.ts';
import { HostFile } from './host-file.ts';
import type { Range } from './picture.ts';

export function readCowdHeader(path: string): CowdHeader {
  const file = new HostFile(path);
  try {
    const header = parseCowdHeader(file.read(0, cowdHeaderBytes));
    if (header.magic !== cowdMagic) throw new Error(`${path} is not COWD`);
    return header;
  } finally {
    file.close();
  }
}

/** A COWD file. `spanSectors` is its share of the disk; its directory may be sized for more. */
export class CowdExtent implements Extent {
  readonly header: CowdHeader;
  readonly sizeBytes: number;
  private readonly file: HostFile;
  private readonly directory: Buffer;
  private readonly tables = new Map<number, Buffer>();
  private readonly grainBytes: number;
  /** Large grains are asked for in small pieces. */
  private last: Grain | undefined;

  constructor(
    path: string,
    spanSectors: number,
    private readonly entries: number,
  ) {
    this.file = new HostFile(path);
    this.header = parseCowdHeader(this.file.read(0, cowdHeaderBytes));
    this.sizeBytes = spanSectors * sectorBytes;
    this.grainBytes = this.header.grainSize * sectorBytes;
    this.directory = this.file.read(this.header.gdOffset * sectorBytes, this.header.numGDEntries * 4);
  }

  grainAt(offsetBytes: number): Grain {
    const { last } = this;
    if (last === undefined || offsetBytes < last.startBytes || offsetBytes >= last.endBytes) {
      return (this.last = this.readGrain(offsetBytes));
    }
    return last;
  }

  private readGrain(offsetBytes: number): Grain {
    const grain = Math.floor(offsetBytes / this.grainBytes);
    const startBytes = grain * this.grainBytes;
    const endBytes = Math.min(startBytes + this.grainBytes, this.sizeBytes);
    const sector = this.placeOf(grain);
    // A last grain that was not written to its full length at the end of the file reads zeros behind it.
    const bytes = sector === 0 ? undefined : this.file.readPadded(sector * sectorBytes, endBytes - startBytes);
    return { startBytes, endBytes, bytes };
  }

  held(): Range[] {
    const ranges: Range[] = [];
    const count = Math.ceil(this.sizeBytes / this.grainBytes);
    for (let first = 0; first < count; first += this.entries) {
      if (this.tableOf(first) === undefined) continue;
      for (let grain = first; grain < Math.min(first + this.entries, count); grain++) {
        if (this.placeOf(grain) === 0) continue;
        const startBytes = grain * this.grainBytes;
        ranges.push({ startBytes, endBytes: Math.min(startBytes + this.grainBytes, this.sizeBytes) });
      }
    }
    return ranges;
  }

  /** The sectors of the file in which tables and grains of this extent begin, for tests of how they lie. */
  places(): number[] {
    return this.held().map(({ startBytes }) => this.placeOf(startBytes / this.grainBytes));
  }

  close(): void {
    this.file.close();
  }

  private placeOf(grain: number): number {
    const table = this.tableOf(grain);
    const sector = table?.readUInt32LE((grain % this.entries) * 4) ?? 0;
    if (sector === 0) return 0;
    const firstFree = this.header.gdOffset + Math.ceil((this.header.numGDEntries * 4) / sectorBytes);
    if (sector < firstFree || sector * sectorBytes >= this.file.sizeBytes) {
      throw new Error(`${this.file.path}: grain ${String(grain)} lies at sector ${String(sector)}`);
    }
    return sector;
  }

  private tableOf(grain: number): Buffer | undefined {
    const index = Math.floor(grain / this.entries);
    const sector = this.directory.readUInt32LE(index * 4);
    if (sector === 0) return undefined;
    let table = this.tables.get(index);
    if (table === undefined) {
      table = this.file.read(sector * sectorBytes, this.entries * 4);
      this.tables.set(index, table);
    }
    return table;
  }
}

/** The entries per table of a link, decided from its largest segment. */
export function entriesOfLink(headers: readonly CowdHeader[]): 512 | 4096 {
  const largest = [...headers].sort((a, b) => b.numSectors - a.numSectors)[0];
  if (largest === undefined) throw new Error('a link without files');
  return entriesPerTable(largest);
}

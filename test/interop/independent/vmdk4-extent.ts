import { inflateSync } from 'node:zlib';
import { sectorBytes } from './cowd-layout.ts';
import type { Extent, Grain } from './extent.ts';
import { readFields, type FieldValues } from './fields.ts';
import { HostFile } from './host-file.ts';
import type { Range } from './picture.ts';
import { gdAtEnd, vmdk4Fields, vmdk4Flag, vmdk4HeaderBytes, vmdk4Magic } from './vmdk4-layout.ts';

export type Vmdk4Header = FieldValues<typeof vmdk4Fields>;

/** The header, and the one in the footer where the first says that it lies there. */
export function readVmdk4Header(file: HostFile): Vmdk4Header {
  const first = file.read(0, vmdk4HeaderBytes);
  const header = readFields(first, vmdk4Fields);
  if (header.magic !== vmdk4Magic) throw new Error(`${file.path} is no VMDK 4`);
  if (first.readBigUInt64LE(vmdk4Fields.gdOffset.offset) !== gdAtEnd) return header;
  return readFields(file.read(file.sizeBytes - 1024, vmdk4HeaderBytes), vmdk4Fields);
}

/** The descriptor inside a sparse file; undefined where it has none. */
export function embeddedDescriptor(path: string): string | undefined {
  const file = new HostFile(path);
  try {
    const { descriptorOffset, descriptorSize } = readVmdk4Header(file);
    if (descriptorOffset === 0) return undefined;
    return file.read(descriptorOffset * sectorBytes, descriptorSize * sectorBytes).toString('utf8');
  } finally {
    file.close();
  }
}

/** A hosted sparse file, compressed or not. */
export class Vmdk4Extent implements Extent {
  readonly header: Vmdk4Header;
  readonly sizeBytes: number;
  private readonly file: HostFile;
  private readonly directory: Buffer;
  private readonly tables = new Map<number, Buffer>();
  private readonly grainBytes: number;
  /** Large grains are asked for in small pieces. */
  private last: Grain | undefined;

  constructor(path: string) {
    this.file = new HostFile(path);
    this.header = readVmdk4Header(this.file);
    const { capacity, grainSize, gdOffset } = this.header;
    this.sizeBytes = capacity * sectorBytes;
    this.grainBytes = grainSize * sectorBytes;
    const entries = Math.ceil(capacity / (grainSize * this.header.numGTEsPerGT));
    this.directory = this.file.read(gdOffset * sectorBytes, entries * 4);
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
    return { startBytes, endBytes, bytes: this.bytesOf(grain, endBytes - startBytes) };
  }

  held(): Range[] {
    const ranges: Range[] = [];
    const count = Math.ceil(this.sizeBytes / this.grainBytes);
    for (let grain = 0; grain < count; grain++) {
      if (this.entryOf(grain) === 0) continue;
      const startBytes = grain * this.grainBytes;
      ranges.push({ startBytes, endBytes: Math.min(startBytes + this.grainBytes, this.sizeBytes) });
    }
    return ranges;
  }

  /** Whether the redundant directory's tables say the same as the others; true where there are none. */
  isRedundantCopyEqual(): boolean {
    const { rgdOffset, flags, numGTEsPerGT } = this.header;
    if (rgdOffset === 0 || (flags & vmdk4Flag.redundant) === 0) return true;
    const other = this.file.read(rgdOffset * sectorBytes, this.directory.length);
    for (let at = 0; at < this.directory.length; at += 4) {
      const [one, two] = [this.directory.readUInt32LE(at), other.readUInt32LE(at)];
      if ((one === 0) !== (two === 0)) return false;
      if (one === 0) continue;
      const table = (sector: number) => this.file.read(sector * sectorBytes, numGTEsPerGT * 4);
      if (!table(one).equals(table(two))) return false;
    }
    return true;
  }

  close(): void {
    this.file.close();
  }

  private bytesOf(grain: number, lengthBytes: number): Buffer | undefined {
    const entry = this.entryOf(grain);
    if (entry === 0) return undefined;
    if (entry === 1 && (this.header.flags & vmdk4Flag.zeroGrains) !== 0) return Buffer.alloc(lengthBytes);
    if (entry < this.header.overHead || entry * sectorBytes >= this.file.sizeBytes) {
      throw new Error(`${this.file.path}: grain ${String(grain)} lies at sector ${String(entry)}`);
    }
    const at = entry * sectorBytes;
    if ((this.header.flags & vmdk4Flag.compressed) === 0) return this.file.readPadded(at, lengthBytes);
    const hasMarkers = (this.header.flags & vmdk4Flag.markers) !== 0;
    const size = hasMarkers ? this.file.read(at, 12).readUInt32LE(8) : 2 * this.grainBytes;
    const packed = this.file.readPadded(at + (hasMarkers ? 12 : 0), size);
    return Buffer.concat([inflateSync(packed, { maxOutputLength: this.grainBytes })], lengthBytes);
  }

  private entryOf(grain: number): number {
    const perTable = this.header.numGTEsPerGT;
    const index = Math.floor(grain / perTable);
    const sector = this.directory.readUInt32LE(index * 4);
    if (sector === 0) return 0;
    if (this.isTaken(sector))
      throw new Error(`${this.file.path}: table ${String(index)} lies at sector ${String(sector)}`);
    let table = this.tables.get(index);
    if (table === undefined) {
      table = this.file.read(sector * sectorBytes, perTable * 4);
      this.tables.set(index, table);
    }
    return table.readUInt32LE((grain % perTable) * 4);
  }

  /** Whether the header, the descriptor or a directory lies there. */
  private isTaken(sector: number): boolean {
    const { descriptorOffset, descriptorSize, gdOffset, rgdOffset } = this.header;
    const gdSectors = Math.ceil(this.directory.length / sectorBytes);
    const taken = [
      [0, 1],
      [descriptorOffset, descriptorSize],
      [gdOffset, gdSectors],
      [rgdOffset, gdSectors],
    ] as const;
    return taken.some(([start, length]) => sector >= start && sector < start + length);
  }
}

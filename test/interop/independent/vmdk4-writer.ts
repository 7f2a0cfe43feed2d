import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { sectorBytes } from './cowd-layout.ts';
import { formatDescriptor, type DescriptorFields } from './descriptor.ts';
import { writeField, writeFields } from './fields.ts';
import { GrowingFile, type Placing } from './growing-file.ts';
import { grainsOf, shuffled, type Random, type Readable, type Stroke } from './stroke.ts';
import {
  gdAtEnd,
  marker,
  vmdk4Fields,
  vmdk4Flag,
  vmdk4HeaderBytes,
  vmdk4Magic,
  vmdk4Newlines,
} from './vmdk4-layout.ts';

const descriptorSectors = 20;
const entriesPerTable = 512;
const tableSectors = (entriesPerTable * 4) / sectorBytes;

export interface Vmdk4Plan {
  readonly file: string;
  readonly createType:
    'monolithicSparse' | 'twoGbMaxExtentSparse' | 'monolithicFlat' | 'twoGbMaxExtentFlat' | 'streamOptimized';
  readonly spansSectors: readonly number[];
  readonly strokes: readonly Stroke[];
  /** Eight hexadecimal digits. */
  readonly cid: string;
  readonly parent?: { readonly hint: string; readonly cid: string; readonly below: Readable };
  readonly grainSectors?: number;
  /** Grains of the disk that read zeros whatever lies below; a stroke over one of them wins. */
  readonly zeroGrains?: readonly number[];
  /** Without, there is one directory. */
  readonly isRedundant?: boolean;
  /** Of a stream: with markers, tables, directory and footer behind the grains, or as qemu-img writes it. */
  readonly hasFooter?: boolean;
  readonly placing?: Placing;
  readonly lineEnd?: '\n' | '\r\n';
  readonly random: Random;
}

/** Writes a disk in a text or embedded descriptor's format. Returns the files, that with the descriptor first. */
export function writeVmdk4(plan: Vmdk4Plan): string[] {
  if (plan.createType === 'streamOptimized') return [writeStream(plan)];
  if (plan.createType === 'monolithicSparse') return [writeSparse(plan, plan.file, 0, wholeOf(plan), true)];
  const names = plan.spansSectors.map((_, index) => extentName(plan, index));
  const isFlat = plan.createType.endsWith('Flat');
  const lines = plan.spansSectors.map((span, index) => {
    const name = names[index] ?? '';
    return isFlat ? `RW ${String(span)} FLAT "${name}" 0` : `RW ${String(span)} SPARSE "${name}"`;
  });
  writeFileSync(plan.file, descriptorOf(plan, lines), { flag: 'wx' });
  let startSector = 0;
  plan.spansSectors.forEach((span, index) => {
    const path = join(dirname(plan.file), names[index] ?? '');
    if (isFlat) writeFlat(plan, path, startSector, span);
    else writeSparse(plan, path, startSector, span, false);
    startSector += span;
  });
  return [plan.file, ...names.map((name) => join(dirname(plan.file), name))];
}

function wholeOf(plan: Vmdk4Plan): number {
  return plan.spansSectors.reduce((sum, span) => sum + span, 0);
}

function extentName({ file, createType }: Vmdk4Plan, index: number): string {
  const stem = basename(file, '.vmdk');
  if (createType === 'monolithicFlat') return `${stem}-flat.vmdk`;
  return `${stem}-${createType === 'twoGbMaxExtentFlat' ? 'f' : 's'}${String(index + 1).padStart(3, '0')}.vmdk`;
}

function descriptorOf({ createType, cid, parent, lineEnd }: Vmdk4Plan, extents: readonly string[]): string {
  const fields: DescriptorFields = {
    createType,
    cid,
    extents,
    ...(parent === undefined ? {} : { parentCid: parent.cid, parentFileNameHint: parent.hint }),
    ...(lineEnd === undefined ? {} : { lineEnd }),
  };
  return formatDescriptor(fields);
}

function writeFlat(plan: Vmdk4Plan, path: string, startSector: number, span: number): void {
  const fd = openSync(path, 'wx');
  ftruncateSync(fd, span * sectorBytes);
  const shape = { startBytes: startSector * sectorBytes, sizeBytes: span * sectorBytes, grainBytes: 4096 };
  for (const [number, content] of grainsOf(plan.strokes, shape, undefined)) {
    writeSync(fd, content, 0, content.length, number * shape.grainBytes);
  }
  closeSync(fd);
}

function headerBytes(values: Partial<Record<keyof typeof vmdk4Fields, number>>): Buffer {
  const bytes = Buffer.alloc(vmdk4HeaderBytes);
  writeFields(bytes, vmdk4Fields, {
    magic: vmdk4Magic,
    newlines: vmdk4Newlines,
    numGTEsPerGT: entriesPerTable,
    ...values,
  });
  return bytes;
}

function writeSparse(plan: Vmdk4Plan, path: string, startSector: number, span: number, isWhole: boolean): string {
  const { grainSectors = 128, isRedundant = true, zeroGrains = [], placing = 'aligned' } = plan;
  const file = new GrowingFile(path, plan.random);
  file.take(1);
  const descriptorOffset = isWhole ? file.take(descriptorSectors) : 0;
  const tableCount = Math.ceil(span / (grainSectors * entriesPerTable));
  const gdSectors = Math.ceil((tableCount * 4) / sectorBytes);
  const copies = (isRedundant ? [0, 1] : [0]).map(() => {
    const gd = file.take(gdSectors);
    return { gd, tables: Array.from({ length: tableCount }, () => file.take(tableSectors)) };
  });
  file.endSector = Math.ceil(file.endSector / grainSectors) * grainSectors;
  const overHead = file.endSector;

  const tables = Array.from({ length: tableCount }, () => Buffer.alloc(entriesPerTable * 4));
  const put = (grain: number, value: number) =>
    tables[Math.floor(grain / entriesPerTable)]?.writeUInt32LE(value, (grain % entriesPerTable) * 4);
  const shape = {
    startBytes: startSector * sectorBytes,
    sizeBytes: span * sectorBytes,
    grainBytes: grainSectors * sectorBytes,
  };
  const firstGrain = startSector / grainSectors;
  for (const grain of zeroGrains) {
    if (grain >= firstGrain && grain < firstGrain + Math.ceil(span / grainSectors)) put(grain - firstGrain, 1);
  }
  for (const [number, content] of shuffled(grainsOf(plan.strokes, shape, plan.parent?.below), plan.random)) {
    const sector = file.takeGrain(grainSectors, placing);
    file.write(sector, Buffer.concat([content], shape.grainBytes));
    put(number, sector);
  }
  for (const { gd, tables: places } of copies) {
    const directory = Buffer.alloc(gdSectors * sectorBytes);
    places.forEach((sector, index) => directory.writeUInt32LE(sector, index * 4));
    file.write(gd, directory);
    places.forEach((sector, index) => file.write(sector, tables[index] ?? Buffer.alloc(0)));
  }
  // With two copies the first in the file is the redundant one, as in everybody's files.
  const [first, second] = copies;
  const header = headerBytes({
    version: zeroGrains.length > 0 ? 2 : 1,
    flags:
      vmdk4Flag.newlines | (isRedundant ? vmdk4Flag.redundant : 0) | (zeroGrains.length > 0 ? vmdk4Flag.zeroGrains : 0),
    capacity: span,
    grainSize: grainSectors,
    descriptorOffset,
    descriptorSize: isWhole ? descriptorSectors : 0,
    rgdOffset: second === undefined ? 0 : (first?.gd ?? 0),
    gdOffset: (second ?? first)?.gd ?? 0,
    overHead,
  });
  file.write(0, header);
  if (isWhole) {
    file.write(descriptorOffset, Buffer.from(descriptorOf(plan, [`RW ${String(span)} SPARSE "${basename(path)}"`])));
  }
  file.close();
  return path;
}

function writeStream(plan: Vmdk4Plan): string {
  const { grainSectors = 128, hasFooter = true } = plan;
  const span = wholeOf(plan);
  const file = new GrowingFile(plan.file, plan.random);
  const append = (...parts: readonly Uint8Array[]) => {
    const bytes = Buffer.concat(parts);
    const sectors = Math.ceil(bytes.length / sectorBytes);
    const sector = file.take(sectors);
    file.write(sector, Buffer.concat([bytes], sectors * sectorBytes));
    return sector;
  };
  const record = (lba: number, size: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeBigUInt64LE(BigInt(lba), 0);
    bytes.writeUInt32LE(size, 8);
    return bytes;
  };
  /** Metadata: a sector that says of what kind and how many sectors follow. */
  const announce = (type: number, sectors: number) => {
    const bytes = Buffer.alloc(sectorBytes);
    bytes.writeBigUInt64LE(BigInt(sectors), 0);
    bytes.writeUInt32LE(type, 12);
    append(bytes);
  };
  file.take(1);
  const descriptorOffset = file.take(descriptorSectors);
  const tableCount = Math.ceil(span / (grainSectors * entriesPerTable));
  const gdSectors = Math.ceil((tableCount * 4) / sectorBytes);
  // Without a footer the directory and all tables come first.
  let gdOffset = hasFooter ? 0 : file.take(gdSectors);
  const places = hasFooter ? [] : Array.from({ length: tableCount }, () => file.take(tableSectors));
  file.endSector = Math.ceil(file.endSector / grainSectors) * grainSectors;
  const overHead = file.endSector;

  const tables = Array.from({ length: tableCount }, () => Buffer.alloc(entriesPerTable * 4));
  const shape = { startBytes: 0, sizeBytes: span * sectorBytes, grainBytes: grainSectors * sectorBytes };
  const grains = [...grainsOf(plan.strokes, shape, undefined)].sort(([a], [b]) => a - b);
  for (const [number, content] of grains) {
    const packed = deflateSync(Buffer.concat([content], shape.grainBytes));
    const sector = append(record(number * grainSectors, packed.length), packed);
    tables[Math.floor(number / entriesPerTable)]?.writeUInt32LE(sector, (number % entriesPerTable) * 4);
  }
  const directory = Buffer.alloc(gdSectors * sectorBytes);
  tables.forEach((table, index) => {
    if (!hasFooter) {
      file.write(places[index] ?? 0, table);
      directory.writeUInt32LE(places[index] ?? 0, index * 4);
    } else if (table.some((byte) => byte !== 0)) {
      announce(marker.grainTable, tableSectors);
      directory.writeUInt32LE(append(table), index * 4);
    }
  });
  if (hasFooter) {
    announce(marker.grainDirectory, gdSectors);
    gdOffset = append(directory);
  } else file.write(gdOffset, directory);

  const values = {
    version: 3,
    flags: vmdk4Flag.newlines | vmdk4Flag.compressed | vmdk4Flag.markers,
    capacity: span,
    grainSize: grainSectors,
    descriptorOffset,
    descriptorSize: descriptorSectors,
    gdOffset,
    overHead,
    compressAlgorithm: 1,
  };
  const header = headerBytes(values);
  if (hasFooter) {
    announce(marker.footer, 1);
    append(header);
    announce(marker.endOfStream, 0);
    writeField(header, vmdk4Fields.gdOffset, gdAtEnd);
  }
  file.write(0, header);
  file.write(descriptorOffset, Buffer.from(descriptorOf(plan, [`RW ${String(span)} SPARSE "${basename(plan.file)}"`])));
  file.close();
  return plan.file;
}

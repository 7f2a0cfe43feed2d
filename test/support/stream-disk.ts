import { deflateSync } from 'node:zlib';
import { encodeVmdk4Header, type Vmdk4Header } from '../../core/disk/formats/vmdk4/header.ts';

const SECTOR = 512;

export interface StreamOptions {
  readonly grainSectors?: number;
  /** The directory is named by the footer, as in what products export; else by the header. */
  readonly hasFooter?: boolean;
  /** The last grain holds only what the disk has of it. */
  readonly isLastShort?: boolean;
}

/** A streamOptimized file that holds `content`, whose length is whole sectors. Grains of zeros are left out. */
export function makeStream(content: Buffer, options: StreamOptions = {}): Buffer {
  const { grainSectors = 128, hasFooter = true, isLastShort = true } = options;
  const grainBytes = grainSectors * SECTOR;
  const parts: Buffer[] = [];
  let sector = 0;
  const put = (bytes: Buffer): number => {
    const at = sector;
    const padded = Buffer.alloc(Math.ceil(bytes.length / SECTOR) * SECTOR);
    bytes.copy(padded);
    parts.push(padded);
    sector += padded.length / SECTOR;
    return at;
  };
  const marker = (sectors: number, type: number): Buffer => {
    const bytes = Buffer.alloc(SECTOR);
    bytes.writeBigUInt64LE(BigInt(sectors), 0);
    bytes.writeUInt32LE(type, 12);
    return bytes;
  };
  const text = `# Disk DescriptorFile\nversion=1\nCID=7e5b80a7\nparentCID=ffffffff\ncreateType="streamOptimized"\nRW ${String(content.length / SECTOR)} SPARSE "stream.vmdk"\n`;
  const header: Vmdk4Header = {
    version: 3,
    capacitySectors: content.length / SECTOR,
    grainSectors,
    descriptorSector: 1,
    descriptorSectors: 20,
    entriesPerTable: 512,
    directorySector: undefined,
    redundantDirectorySector: undefined,
    overheadSectors: 128,
    isClean: true,
    hasZeroedGrains: false,
    isCompressed: true,
    hasMarkers: true,
  };
  put(encodeHeader(header));
  const descriptor = Buffer.alloc(127 * SECTOR);
  descriptor.write(text);
  put(descriptor);
  const grains = Math.ceil(content.length / grainBytes);
  const entries = Buffer.alloc(Math.ceil(grains / 512) * 2048);
  for (let grain = 0; grain < grains; grain++) {
    const part = content.subarray(grain * grainBytes, (grain + 1) * grainBytes);
    if (part.every((byte) => byte === 0)) continue;
    const whole = isLastShort ? part : Buffer.concat([part, Buffer.alloc(grainBytes - part.length)]);
    const data = deflateSync(whole);
    const record = Buffer.alloc(12);
    record.writeBigUInt64LE(BigInt(grain * grainSectors), 0);
    record.writeUInt32LE(data.length, 8);
    entries.writeUInt32LE(put(Buffer.concat([record, data])), grain * 4);
  }
  const directory = Buffer.alloc(Math.ceil(grains / 512) * 4);
  for (let table = 0; table * 2048 < entries.length; table++) {
    put(marker(4, 1));
    directory.writeUInt32LE(put(entries.subarray(table * 2048, (table + 1) * 2048)), table * 4);
  }
  put(marker(1, 2));
  const directorySector = put(directory);
  if (hasFooter) {
    put(marker(1, 3));
    put(encodeHeader({ ...header, directorySector }));
  } else {
    encodeHeader({ ...header, directorySector }).copy(parts[0] as Buffer);
  }
  put(marker(0, 0));
  return Buffer.concat(parts);
}

function encodeHeader(header: Vmdk4Header): Buffer {
  return Buffer.from(encodeVmdk4Header(header));
}

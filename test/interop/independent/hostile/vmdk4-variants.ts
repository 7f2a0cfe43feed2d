import { deflateSync } from 'node:zlib';
import { readFields } from '../fields.ts';
import { vmdk4Fields, vmdk4Flag } from '../vmdk4-layout.ts';
import { fieldVariants, lengthVariants, painfulNumbers, patched, type Variant } from './variant.ts';

/** All that may be wrong in one hosted sparse file, its descriptor apart. */
export function vmdk4Variants(file: string, bytes: Buffer): Variant[] {
  const header = readFields(bytes, vmdk4Fields);
  const isCompressed = (header.flags & vmdk4Flag.compressed) !== 0;
  const directory = header.gdOffset < 2 ** 32 ? header.gdOffset : footerDirectory(bytes);
  return [
    ...fieldVariants(file, bytes, vmdk4Fields),
    ...Array.from({ length: 32 }, (_, bit) => (header.flags ^ (2 ** bit)) >>> 0).map((flags) => {
      const patch = Buffer.alloc(4);
      patch.writeUInt32LE(flags);
      return {
        name: `${file}: flags are 0x${flags.toString(16)}`,
        changes: [patched(file, vmdk4Fields.flags.offset, patch)],
      };
    }),
    ...pairVariants(file),
    ...(isCompressed ? streamVariants(file, bytes) : []),
    ...entryVariants(file, bytes, directory),
    ...(header.rgdOffset === 0 ? [] : entryVariants(file, bytes, header.rgdOffset)),
    ...lengthVariants(file, bytes, [
      512,
      header.overHead * 512,
      directory * 512,
      bytes.length - 512,
      bytes.length - 1024,
    ]),
  ];
}

function footerDirectory(bytes: Buffer): number {
  return readFields(bytes.subarray(bytes.length - 1024), vmdk4Fields).gdOffset;
}

function entryVariants(file: string, bytes: Buffer, directory: number): Variant[] {
  const table = bytes.readUInt32LE(directory * 512);
  const variants: Variant[] = [];
  const spoil = (what: string, offset: number) => {
    const now = BigInt(bytes.readUInt32LE(offset));
    for (const value of [...painfulNumbers(now, bytes.length, 4), BigInt(directory), BigInt(table)]) {
      const patch = Buffer.alloc(4);
      patch.writeUInt32LE(Number(value));
      variants.push({
        name: `${file}: ${what} is ${String(value)} instead of ${String(now)}`,
        changes: [patched(file, offset, patch)],
        sharesPlaces: true,
      });
    }
  };
  spoil(`entry 0 of the directory at ${String(directory)}`, directory * 512);
  if (table === 0) return variants;
  const values = Array.from({ length: 512 }, (_, index) => bytes.readUInt32LE(table * 512 + index * 4));
  const held = values.findIndex((value) => value > 1);
  const free = values.findIndex((value) => value === 0);
  for (const index of new Set([held, free, 511].filter((one) => one >= 0))) {
    spoil(`entry ${String(index)} of the table at ${String(table)}`, table * 512 + index * 4);
  }
  return variants;
}

function pairVariants(file: string): Variant[] {
  const together = (what: string, values: Partial<Record<keyof typeof vmdk4Fields, bigint>>): Variant => ({
    name: `${file}: ${what}`,
    changes: [
      {
        file,
        change: (bytes) => {
          for (const [name, value] of Object.entries(values)) {
            const { offset, bytes: width } = vmdk4Fields[name as keyof typeof vmdk4Fields];
            if (width === 8) bytes.writeBigUInt64LE(value, offset);
            else bytes.writeUIntLE(Number(value), offset, width);
          }
          return bytes;
        },
      },
    ],
  });
  return [
    together('the largest disk of the smallest grains', { capacity: 1n << 62n, grainSize: 8n }),
    together('the largest disk of the largest grains', { capacity: 1n << 62n, grainSize: 1n << 40n }),
    together('a disk of 2^53 bytes', { capacity: 1n << 44n }),
    together('tables of one entry', { numGTEsPerGT: 1n, capacity: 1n << 40n }),
    together('tables of 2^32 - 1 entries', { numGTEsPerGT: 0xffff_ffffn }),
    together('a descriptor of the whole file', { descriptorOffset: 0n, descriptorSize: 1n << 40n }),
    together('a descriptor where the directory is', { descriptorOffset: 21n }),
    together('no capacity and no descriptor', { capacity: 0n, descriptorOffset: 0n }),
    together('no directory at all', { gdOffset: 0n, rgdOffset: 0n }),
    together('a directory at the end and no footer', {
      gdOffset: (1n << 64n) - 1n,
      flags: 0x3_0001n,
      compressAlgorithm: 1n,
    }),
  ];
}

/** Records of a stream that lie about what follows. */
function streamVariants(file: string, bytes: Buffer): Variant[] {
  const { overHead } = readFields(bytes, vmdk4Fields);
  const variants: Variant[] = [];
  let first: number | undefined;
  for (let at = overHead * 512; at + 512 <= bytes.length;) {
    const [value, size, type] = [bytes.readBigUInt64LE(at), bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)];
    const what = size > 0 ? `grain at ${String(at)}` : `marker ${String(type)} at ${String(at)}`;
    for (const [name, offset, width, now] of [
      ['its number', at, 8, value],
      ['its size', at + 8, 4, BigInt(size)],
      ['its type', at + 12, 4, BigInt(type)],
    ] as const) {
      // Of many grains two are enough.
      if (size > 0 && first !== undefined && at > first + 200_000) continue;
      for (const painful of painfulNumbers(now, bytes.length, width)) {
        const patch = Buffer.alloc(width);
        if (width === 8) patch.writeBigUInt64LE(painful);
        else patch.writeUInt32LE(Number(painful));
        variants.push({
          name: `${file}: ${what}: ${name} is ${String(painful)}`,
          changes: [patched(file, offset, patch)],
        });
      }
    }
    if (size > 0 && first === undefined) first = at;
    at += size > 0 ? Math.ceil((size + 12) / 512) * 512 : 512 + Number(value) * 512;
  }
  if (first === undefined) return variants;
  const record = (what: string, packed: Buffer): Variant => {
    const head = Buffer.alloc(12);
    bytes.copy(head, 0, first, first + 8);
    head.writeUInt32LE(packed.length, 8);
    return {
      name: `${file}: the first grain is ${what}`,
      changes: [patched(file, first, Buffer.concat([head, packed]))],
    };
  };
  variants.push(
    record('no zlib', Buffer.alloc(100, 0x5a)),
    record('empty', deflateSync(Buffer.alloc(0))),
    record('one byte', deflateSync(Buffer.alloc(1, 7))),
    record('longer than a grain', deflateSync(Buffer.alloc(65_536 * 2, 7))),
    record('half a gigabyte', deflateSync(Buffer.alloc(536_870_912, 7), { level: 1 })),
    record('cut off', deflateSync(Buffer.from(bytes.subarray(0, 65_536))).subarray(0, 50)),
  );
  return variants;
}

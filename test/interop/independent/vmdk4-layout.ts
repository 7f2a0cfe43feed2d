import type { FieldTable } from './fields.ts';

export const vmdk4HeaderBytes = 512;

export const vmdk4Fields = {
  magic: { offset: 0, bytes: 4 },
  version: { offset: 4, bytes: 4 },
  flags: { offset: 8, bytes: 4 },
  capacity: { offset: 12, bytes: 8 },
  grainSize: { offset: 20, bytes: 8 },
  descriptorOffset: { offset: 28, bytes: 8 },
  descriptorSize: { offset: 36, bytes: 8 },
  numGTEsPerGT: { offset: 44, bytes: 4 },
  rgdOffset: { offset: 48, bytes: 8 },
  gdOffset: { offset: 56, bytes: 8 },
  overHead: { offset: 64, bytes: 8 },
  uncleanShutdown: { offset: 72, bytes: 1 },
  newlines: { offset: 73, bytes: 4 },
  compressAlgorithm: { offset: 77, bytes: 2 },
} as const satisfies FieldTable;

export const vmdk4Magic = 0x564d_444b;
/** `\n`, blank, `\r`, `\n`: a transfer as text shows in them. */
export const vmdk4Newlines = 0x0a0d_200a;
export const vmdk4Flag = { newlines: 1, redundant: 2, zeroGrains: 4, compressed: 0x1_0000, markers: 0x2_0000 } as const;
export const gdAtEnd = 0xffff_ffff_ffff_ffffn;
export const marker = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

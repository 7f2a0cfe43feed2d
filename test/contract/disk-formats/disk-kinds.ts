import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SECTOR_BYTES } from '../../../core/base/units.ts';
import { createDescribed, planDescribed } from '../../../core/disk/create/described-disk.ts';
import { createExtent } from '../../../core/disk/formats/cowd/create-extent.ts';
import { dialects } from '../../../core/disk/formats/cowd/dialect.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { formatDescriptor } from '../../../core/disk/formats/descriptor/format-descriptor.ts';
import { createVmdk4File } from '../../../core/disk/formats/vmdk4/create-vmdk4.ts';
import { hostFiles } from '../../../core/disk/files/disk-file.ts';
import type { DescriptorExtent } from '../../../core/disk/formats/descriptor/descriptor.ts';

/** An empty disk of some kind in a folder; returns its first file. */
export type MakeDisk = (folder: { at(name: string): string }, sizeBytes: number) => Promise<string>;

/** Every kind of disk that the engine writes. Sizes are small, so files are split by hand. */
export const diskKinds: Readonly<Record<string, MakeDisk>> = {
  'COWD hybrid': cowd('hybrid'),
  'COWD ws3': cowd('ws3'),
  'COWD esx': cowd('esx'),
  'COWD vmware2': cowd('vmware2'),
  'COWD esx, several files': async (folder, sizeBytes) => {
    const plan = planDescribed(
      folder.at('disk.vmdk'),
      cut(sizeBytes, 4111).map((sectors) => sectors * SECTOR_BYTES),
    );
    const kind = { createType: 'vmfsSparse', extentType: 'VMFSSPARSE', bus: 'ide' } as const;
    const common = { dialect: dialects.esx, ordinal: 0, fileCount: 1, generation: 1, controller: 'ide' } as const;
    createDescribed(hostFiles, plan, kind, (path, spanSectors) => {
      createExtent(hostFiles, { ...common, path, spanSectors, diskSectors: spanSectors });
    });
    return Promise.resolve(plan.files[0] as string);
  },
  'VMDK 4, one file': async (folder, capacityBytes) => {
    const file = folder.at('disk.vmdk');
    await createBase({ file, capacityBytes, split: false, bus: 'ide', format: 'vmdk' });
    return file;
  },
  'VMDK 4, several files': async (folder, sizeBytes) =>
    described(folder, 'twoGbMaxExtentSparse', cut(sizeBytes, 128 * 40), (sectors, index) => {
      const path = folder.at(`disk-s00${String(index + 1)}.vmdk`);
      createVmdk4File(hostFiles, path, sectors);
      return { access: 'RW', sectors, type: 'SPARSE', fileName: basename(path), offsetSectors: 0, line: 0 };
    }),
  'flat, several files': async (folder, sizeBytes) =>
    described(folder, 'twoGbMaxExtentFlat', cut(sizeBytes, 5003), (sectors, index) => {
      const path = folder.at(`disk-f00${String(index + 1)}.vmdk`);
      // One extent in the middle of its file.
      const offsetSectors = index * 3;
      writeFileSync(path, Buffer.alloc((offsetSectors + sectors) * SECTOR_BYTES));
      return { access: 'RW', sectors, type: 'FLAT', fileName: basename(path), offsetSectors, line: 0 };
    }),
  raw: async (folder, sizeBytes) => {
    const file = folder.at('disk.raw');
    writeFileSync(file, Buffer.alloc(sizeBytes));
    return Promise.resolve(file);
  },
};

function cowd(dialect: 'hybrid' | 'ws3' | 'esx' | 'vmware2'): MakeDisk {
  return async (folder, capacityBytes) => {
    const file = folder.at('disk.vmdk');
    await createBase({ file, capacityBytes, split: false, bus: 'ide', dialect });
    return file;
  };
}

function cut(sizeBytes: number, spanSectors: number): number[] {
  const sectors = sizeBytes / SECTOR_BYTES;
  const spans: number[] = [];
  for (let at = 0; at < sectors; at += spanSectors) spans.push(Math.min(spanSectors, sectors - at));
  return spans;
}

async function described(
  folder: { at(name: string): string },
  createType: string,
  spans: readonly number[],
  makeExtent: (sectors: number, index: number) => DescriptorExtent,
): Promise<string> {
  const file = folder.at('disk.vmdk');
  const text = formatDescriptor({
    version: 1,
    cid: 0x1234_5678,
    createType,
    extents: spans.map(makeExtent),
    database: new Map([['ddb.adapterType', 'ide']]),
  });
  writeFileSync(file, text);
  return Promise.resolve(file);
}

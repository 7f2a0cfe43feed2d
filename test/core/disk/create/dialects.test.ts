import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { createBase, planBaseFiles } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { describeChain } from '../../../../core/disk/describe/describe.ts';
import { describeRedo } from '../../../../core/disk/describe/describe-redo.ts';
import { dialects, type DialectName } from '../../../../core/disk/formats/cowd/dialect.ts';
import { patchHeader, readHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import type { NewExtent } from '../../../../core/disk/formats/cowd/create-extent.ts';
import { forecastCommit } from '../../../../core/disk/commit/forecast-commit.ts';
import { createLinkFiles } from '../../../../core/disk/files/new-files.ts';
import { segmentPath } from '../../../../core/disk/segment-paths.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { identifyFile } from '../../../../core/disk/describe/identify.ts';
import { openLinks, resolveChain } from '../../../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { contentOf, fingerprint, inSession, makeLog, mib, read, write, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const gib = 2 ** 30;
const names = Object.keys(dialects) as DialectName[];

function headerOf(path: string) {
  const file = hostFiles.open(path, false);
  try {
    return readHeader(file);
  } finally {
    file.close();
  }
}

/** Bytes on both sides of the first two extents' border, and the last of the disk. */
async function contentAround(file: string): Promise<number[]> {
  const border = 4_161_024 * 512;
  const device = new SessionDevice(new Chain(openLinks(await resolveChain(file, {}))));
  const bytes: number[] = [];
  for (const at of [border - 1, border, 4 * gib - 1]) bytes.push(...(await read(device, at, 1)));
  await device.close();
  return bytes;
}

/** As another program would have made it: without our record. */
function makeForeign(path: string): void {
  const file = hostFiles.open(path, true);
  try {
    patchHeader(file, ({ record: _, ...header }) => ({ ...header, description: '' }));
  } finally {
    file.close();
  }
}

async function makeBaseOf(dialect: DialectName, capacityBytes: number, options: { grainSectors?: number } = {}) {
  const file = folder.at('disk.vmdk');
  await createBase({ file, capacityBytes, split: true, bus: 'ide', dialect, ...options });
  return file;
}

describe.each(names)('[G6] a disk of dialect %s', (dialect) => {
  const size = 70 * mib + 512;
  const writes = [
    [0, 1, 3 * mib],
    [33 * mib - 700, 2, 9000],
    [size - 600, 3, 600],
  ] as const;

  it('is known again, and takes writes in every mode', async () => {
    const base = await makeBaseOf(dialect, size);
    const [link] = (await inspectChain(base)).links;
    const grainBytes = dialects[dialect].baseGrainSectors * 512;
    expect(link).toMatchObject({ format: 'cowd', dialect, capacityBytes: size, allocatedBytes: 0, grainBytes });
    await writeDisk(base, undefined, writes);
    const content = await contentOf(base);
    const before = fingerprint([base]);
    const log = await makeLog(base);
    await writeDisk(base, log, [[10 * mib, 7, 20_000]]);
    const other = (await createRedoLog({ parent: base, randomSuffix: true })).file;
    await inSession({ file: base, mode: 'nonpersistent', redo: other }, async (device) => {
      await write(device, 4096, 9);
      expect((await read(device, size - 1, 1))[0]).toBe(3);
    });
    expect(fingerprint([base])).toEqual(before);
    expect(await contentOf(base)).toBe(content);
    expect(await contentOf(log)).not.toBe(content);
  });

  it('[C1] is committed into and from', async () => {
    const base = await makeBaseOf(dialect, size);
    await writeDisk(base, undefined, writes);
    const { file: log } = await createRedoLog({ parent: base, randomSuffix: false, dialect });
    expect((await inspectChain(log)).links.map((link) => link.dialect)).toEqual([dialect, dialect]);
    const nested = await makeLog(log);
    await inSession({ file: log, mode: 'undoable', redo: nested }, async (device) => {
      await write(device, 20 * mib + 100, 4, 100_000);
      await device.writeZeroes(0, mib);
      await write(device, size - 512, 5, 512);
    });
    const content = await contentOf(nested);
    await commitRedoLog({ redo: nested });
    expect(await contentOf(log)).toBe(content);
    await commitRedoLog({ redo: log });
    expect(await contentOf(base)).toBe(content);
    expect((await inspectChain(base)).links).toMatchObject([{ state: 'clean', dialect }]);
  });

  it('has grains of any size', async () => {
    const base = await makeBaseOf(dialect, 9 * mib, { grainSectors: 2 });
    await writeDisk(base, undefined, [[5 * mib + 300, 6, 5000]]);
    const { file: log } = await createRedoLog({ parent: base, randomSuffix: false, dialect, grainSectors: 512 });
    await writeDisk(base, log, [[5 * mib, 8, 700]]);
    const content = await contentOf(log);
    expect((await inspectChain(log)).links.map((link) => link.grainBytes)).toEqual([512 * 512, 1024]);
    await commitRedoLog({ redo: log });
    expect(await contentOf(base)).toBe(content);
  });
});

describe('new disks of other dialects', () => {
  it('[G1] have the spans that the dialect wants', () => {
    const plan = (dialect: DialectName, split = true) =>
      planBaseFiles({ file: 'a.vmdk', capacityBytes: 4 * gib, split, bus: 'scsi', dialect }).spansBytes;
    expect(plan('ws3')).toEqual([4_190_208, 4_190_208, 8192].map((sectors) => sectors * 512));
    expect(plan('vmware2')).toEqual([4 * gib]);
    expect(plan('esx', false)).toEqual([4 * gib]);
    expect(plan('esx')).toEqual([4_161_536, 4_161_536, 65_536].map((sectors) => sectors * 512));
  });

  it('[G6] are described by a text where they are split and of dialect esx', async () => {
    const base = await makeBaseOf('esx', 4 * gib);
    const names = ['disk.vmdk', 'disk-s001.vmdk', 'disk-s002.vmdk', 'disk-s003.vmdk'];
    expect(readdirSync(folder.path).sort()).toEqual(names.toSorted());
    expect((await inspectChain(base)).links).toMatchObject([{ files: names.map((name) => folder.at(name)) }]);
    expect(identifyFile(folder.at('disk-s002.vmdk'))).toMatchObject({ kind: 'segment', part: 2, first: base });
    await writeDisk(base, undefined, [[4_161_024 * 512 - 700, 1, 1400]]);
    const log = await makeLog(base);
    await writeDisk(base, log, [[4 * gib - 512, 2, 512]]);
    const content = await contentAround(log);
    await commitRedoLog({ redo: log });
    expect(await contentAround(base)).toEqual(content);
    expect(content).toEqual([1, 1, 2]);
  });

  it.each<[DialectName, number]>([
    ['ws3', 257 * mib],
    ['vmware2', 65 * mib],
  ])('[X9] are not described where readers take the tables of %s for larger ones', async (dialect, size) => {
    const base = await makeBaseOf(dialect, size);
    const out = folder.at('descriptors');
    await expect(describeChain(await makeLog(base), out)).rejects.toMatchObject({
      code: 'disk.unsupported',
      details: { file: base },
    });
    expect(existsSync(out)).toBe(false);
  });

  it('[B1] refuse a grain that no reader takes', async () => {
    for (const grainSectors of [0, 3, 4096])
      await expect(makeBaseOf('hybrid', mib, { grainSectors })).rejects.toMatchObject({ code: 'usage.bad-argument' });
  });
});

describe('redo logs of dialect ws3', () => {
  it('[G4] state the whole disk in every segment, over segments that they share, and are read by their own spans', async () => {
    const base = await makeBaseOf('ws3', 4 * gib);
    const log = await createRedoLog({ parent: base, randomSuffix: false, dialect: 'ws3' });
    expect(log.files.map((file) => headerOf(file).capacitySectors)).toEqual(new Array(3).fill((4 * gib) / 512));
    await writeDisk(base, log.file, [
      [3 * gib, 1, 70_000],
      [4 * gib - 512, 2, 512],
    ]);
    const device = await describeRedo(log.file);
    expect(device.isEmpty).toBe(false);
    expect((await inspectChain(log.file)).capacityBytes).toBe(4 * gib);
    await commitRedoLog({ redo: log.file });
    await inSession({ file: base, mode: 'persistent' }, async (disk) => {
      expect((await read(disk, 3 * gib, 70_000)).every((byte) => byte === 1)).toBe(true);
      expect((await read(disk, 4 * gib - 512, 512)).every((byte) => byte === 2)).toBe(true);
    });
  });

  it('[G4] state their own span where the parent has others', async () => {
    const base = await makeBaseOf('hybrid', 4 * gib);
    const log = await createRedoLog({ parent: base, randomSuffix: false, dialect: 'ws3' });
    expect(log.files.map((file) => headerOf(file).capacitySectors)).toEqual([4_185_216, 4_185_216, 18_176]);
    await writeDisk(base, log.file, [[4_185_216 * 512 - 1000, 1, 2000]]);
    await commitRedoLog({ redo: log.file });
    await inSession({ file: base, mode: 'persistent' }, async (disk) => {
      expect((await read(disk, 4_185_216 * 512 - 1000, 2000)).every((byte) => byte === 1)).toBe(true);
    });
  });

  it('[G4] of another program are read by the segments of their parent', async () => {
    const sizes = [4096, 4096, 1024];
    const common = {
      dialect: dialects.ws3,
      diskSectors: 9216,
      fileCount: 3,
      generation: 7,
      controller: 'ide',
    } as const;
    const record = { contentId: 'a'.repeat(32), linkId: 'b'.repeat(32) };
    const extents = (name: string, options: Partial<NewExtent>): NewExtent[] =>
      sizes.map((spanSectors, ordinal) => {
        const path = segmentPath(folder.at(name), ordinal + 1);
        return { ...common, path, spanSectors, ordinal, record, ...options };
      });
    const base = extents('disk.vmdk', {});
    const log = extents('disk.vmdk.REDO', { parent: { storedName: 'disk.vmdk', generation: 7 } });
    createLinkFiles(base);
    createLinkFiles(log);
    for (const { path } of [...base, ...log]) makeForeign(path);
    const paths = { base: folder.at('disk.vmdk'), log: folder.at('disk.vmdk.REDO') };
    await writeDisk(paths.base, paths.log, [
      [0, 1, 512],
      [4096 * 512 - 600, 2, 1200],
      [9216 * 512 - 512, 3, 512],
    ]);
    await inSession({ file: paths.base, mode: 'undoable', redo: paths.log }, async (device) => {
      expect(device.sizeBytes).toBe(9216 * 512);
      expect((await read(device, 4096 * 512 - 600, 1200)).every((byte) => byte === 2)).toBe(true);
      expect((await read(device, 9216 * 512 - 512, 512)).every((byte) => byte === 3)).toBe(true);
    });
    expect(await describeRedo(paths.log)).toMatchObject({ isEmpty: false, allocatedBytes: 4 * 65_536 });
    expect((await forecastCommit(paths.log)).needBytes).toBeGreaterThanOrEqual(4 * 65_536);
  });
});

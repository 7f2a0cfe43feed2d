import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBase, planBaseFiles } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { identifyFile } from '../../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { fingerprintFolder, inSession, makeBase, makeLog, mib, read } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';
import { withoutLinks } from '../../../support/without-links.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const gib = 2 ** 30;

describe('new bases', () => {
  it('[G1] four gibibytes are three files, sparse and below two gibibytes', async () => {
    const { files } = await createBase({
      file: folder.at('mydisk.vmdk'),
      capacityBytes: 4 * gib,
      split: true,
      bus: 'ide',
    });
    expect(files).toEqual(['mydisk.vmdk', 'mydisk-02.vmdk', 'mydisk-03.vmdk'].map((name) => folder.at(name)));
    expect(readdirSync(folder.path)).toHaveLength(3);
    for (const file of files) expect(statSync(file).blocks * 512).toBeLessThanOrEqual(16_384);
    expect(identifyFile(files[0] as string)).toMatchObject({ kind: 'base', capacityBytes: 4 * gib, segmentCount: 3 });
    expect(identifyFile(files[1] as string)).toMatchObject({
      kind: 'segment',
      part: 2,
      segmentCount: 3,
      first: files[0],
      role: 'base',
    });
  });

  it('[G3] an unsplit disk is one file of any size that the format counts', async () => {
    expect(planBaseFiles({ file: 'a.vmdk', capacityBytes: 2040 * gib, split: false, bus: 'scsi' }).files).toEqual([
      'a.vmdk',
    ]);
    expect(() =>
      planBaseFiles({ file: 'a.vmdk', capacityBytes: 2 ** 32 * 512 - 512, split: false, bus: 'ide' }),
    ).toThrow(/too large/);
    const file = await makeBase(folder.at('one.vmdk'), { capacityBytes: 5 * gib, split: false });
    const log = await createRedoLog({ parent: file, randomSuffix: false });
    expect(log.files).toHaveLength(1);
    expect((await inspectChain(log.file)).capacityBytes).toBe(5 * gib);
  });

  it.each([
    ['VMDK 4', { format: 'vmdk', split: true, capacityBytes: 4 * gib }],
    ['of ESX', { dialect: 'esx', split: true, capacityBytes: 4 * gib }],
    ['allocated at once', { allocateNow: true }],
  ] as const)('[V5] are made where there are no hard links: %s', async (_what, more) => {
    const request = { file: folder.at('disk.vmdk'), capacityBytes: mib, split: false, bus: 'ide', ...more } as const;
    const { files } = await withoutLinks(() => createBase(request));
    expect(readdirSync(folder.path).map((name) => folder.at(name))).toEqual(expect.arrayContaining(files));
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await inspectChain(request.file)).links).toMatchObject([{ role: 'base', state: 'clean' }]);
  });

  it.each([
    [0, 'disk.bad-size'],
    [-512, 'disk.bad-size'],
    [1000, 'disk.bad-size'],
    [1.5, 'disk.bad-size'],
    [Number.NaN, 'disk.bad-size'],
    [2 ** 50, 'disk.bad-size'],
  ])('[B1] a capacity of %d is refused', async (capacityBytes, code) => {
    await expect(
      createBase({ file: folder.at('a.vmdk'), capacityBytes, split: true, bus: 'ide' }),
    ).rejects.toMatchObject({ code });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each(['disk', 'disk.img', 'disk.vmdk.REDO', '.vmdk', 'a"b.vmdk', `${'x'.repeat(250)}.vmdk`])(
    '[B1] the name %s is refused',
    async (name) => {
      await expect(makeBase(folder.at(name))).rejects.toMatchObject({ code: 'disk.bad-name' });
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );

  it('[G5] a file in the way is neither overwritten nor are others made', async () => {
    writeFileSync(folder.at('mydisk-02.vmdk'), 'mine');
    const before = fingerprintFolder(folder.path);
    await expect(makeBase(folder.at('mydisk.vmdk'), { capacityBytes: 4 * gib })).rejects.toMatchObject({
      code: 'disk.exists',
      details: { file: folder.at('mydisk-02.vmdk') },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it('a size that is no whole number of grains or cylinders is kept exactly', async () => {
    const file = await makeBase(folder.at('odd.vmdk'), { capacityBytes: 3 * mib + 512 });
    expect((await inspectChain(file)).capacityBytes).toBe(3 * mib + 512);
    await inSession({ file, mode: 'persistent' }, async (device) => {
      await device.write(device.sizeBytes - 512, [new Uint8Array(512).fill(9)]);
      expect((await read(device, device.sizeBytes - 1, 1))[0]).toBe(9);
    });
  });

  it('[L1] [G5] is nobody else’s while everything is allocated', async () => {
    const file = folder.at('disk.vmdk');
    const making = createBase({ file, capacityBytes: 160 * mib, split: false, bus: 'ide', allocateNow: true });
    let isMade = false;
    void making.then(() => (isMade = true));
    let opened = 0;
    for (; !isMade; await setImmediate()) if (!isMade && existsSync(file)) opened++;
    await making;
    expect(opened).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(160 * mib);
  });

  it('allocates everything when asked to', async () => {
    const { files } = await createBase({
      file: folder.at('full.vmdk'),
      capacityBytes: 4 * mib,
      split: true,
      bus: 'ide',
      allocateNow: true,
    });
    const { links } = await inspectChain(files[0] as string);
    expect(links[0]).toMatchObject({ allocatedBytes: 4 * mib, state: 'clean' });
    expect(statSync(files[0] as string).blocks * 512).toBeGreaterThanOrEqual(4 * mib);
  });
});

describe('new redo logs', () => {
  it('[N3] lie beside the disk with a plain name, a file a segment', async () => {
    const base = await makeBase(folder.at('mydisk.vmdk'), { capacityBytes: 4 * gib });
    const log = await createRedoLog({ parent: base, randomSuffix: false });
    expect(log.files).toEqual(
      ['mydisk.vmdk.REDO', 'mydisk-02.vmdk.REDO', 'mydisk-03.vmdk.REDO'].map((name) => folder.at(name)),
    );
    expect(identifyFile(log.file)).toMatchObject({ kind: 'redo-log', parent: 'mydisk.vmdk', segmentCount: 3 });
    expect(identifyFile(log.files[2] as string)).toMatchObject({
      kind: 'segment',
      part: 3,
      first: log.file,
      role: 'redo-log',
    });
  });

  it('[N3] have one random ending in a folder of their own', async () => {
    mkdirSync(folder.at('logs'));
    const base = await makeBase(folder.at('mydisk.vmdk'), { capacityBytes: 4 * gib });
    const log = await createRedoLog({ parent: base, directory: folder.at('logs'), randomSuffix: true });
    const suffix =
      /^mydisk\.vmdk\.REDO_([0-9a-f]{6})$/.exec(readdirSync(folder.at('logs')).sort().at(-1) ?? '')?.[1] ?? '';
    expect(log.files).toEqual(
      ['mydisk.vmdk', 'mydisk-02.vmdk', 'mydisk-03.vmdk'].map((name) => folder.at('logs', `${name}.REDO_${suffix}`)),
    );
    const nested = await createRedoLog({ parent: log.file, directory: folder.at('logs'), randomSuffix: true });
    expect(nested.file).toMatch(new RegExp(`mydisk\\.vmdk\\.REDO_${suffix}\\.REDO_[0-9a-f]{6}$`));
    expect((await inspectChain(nested.file)).links.map((link) => link.path)).toEqual([nested.file, log.file, base]);
  });

  it('[N3] a taken name is an error that says whose it is', async () => {
    const base = await makeBase(folder.at('mydisk.vmdk'));
    await createRedoLog({ parent: base, randomSuffix: false, owner: 'a'.repeat(32) });
    const before = fingerprintFolder(folder.path);
    await expect(createRedoLog({ parent: base, randomSuffix: false, owner: 'b'.repeat(32) })).rejects.toMatchObject({
      code: 'disk.redo-taken',
      details: { file: folder.at('mydisk.vmdk.REDO'), owner: 'a'.repeat(32) },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it('[G5] leave nothing behind when a later segment is in the way', async () => {
    const base = await makeBase(folder.at('mydisk.vmdk'), { capacityBytes: 4 * gib });
    writeFileSync(folder.at('mydisk-02.vmdk.REDO'), '');
    const before = fingerprintFolder(folder.path);
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.redo-taken' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it('[C9] are not made where the journal of a commit was left beside a log that somebody removed', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const journal = `${base}.REDO.commit`;
    writeFileSync(journal, '{}');
    const before = fingerprintFolder(folder.path);
    const details = { file: journal, log: `${base}.REDO` };
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.journal-left', details });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    const { file: log } = await createRedoLog({ parent: base, randomSuffix: true });
    await inSession({ file: base, mode: 'undoable', redo: log }, () => undefined);
  });

  it('[N3] are refused for the log that is there, also where a commit into that was interrupted', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base, { owner: 'a'.repeat(32) });
    writeFileSync(`${log}.commit`, '{}');
    await expect(makeLog(base)).rejects.toMatchObject({
      code: 'disk.redo-taken',
      details: { file: log, owner: 'a'.repeat(32) },
    });
  });

  it.each([
    ['nowhere', 'missing'],
    ['file', 'not-a-directory'],
    ['file/below', 'not-a-directory'],
  ])('[B1] the folder %s is refused as %s', async (name, reason) => {
    const base = await makeBase(folder.at('mydisk.vmdk'));
    writeFileSync(folder.at('file'), '');
    await expect(makeLog(base, { directory: folder.at(name) })).rejects.toMatchObject({
      code: 'disk.redo-directory',
      details: { reason },
    });
    expect(existsSync(`${base}.children`)).toBe(false);
    expect(existsSync(`${base}.lck`)).toBe(false);
  });

  it('can be made over a protected base, and the base does not change', async () => {
    const base = await makeBase(folder.at('mydisk.vmdk'));
    chmodSync(base, 0o444);
    const { mtimeMs, ctimeMs } = statSync(base);
    await makeLog(base);
    expect(statSync(base)).toMatchObject({ mtimeMs, ctimeMs, mode: 0o100444 });
  });

  it('[N4] go 64 deep', async () => {
    let file = await makeBase(folder.at('mydisk.vmdk'), { capacityBytes: mib });
    for (let depth = 1; depth < 64; depth++) file = (await createRedoLog({ parent: file, randomSuffix: true })).file;
    expect((await inspectChain(file)).links).toHaveLength(64);
    expect(readdirSync(folder.path).filter((name) => Buffer.byteLength(name) > 250)).toEqual([]);
    expect(join(folder.path, 'x')).not.toBe(file);
  }, 60_000);
});

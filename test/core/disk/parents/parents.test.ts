import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import type { CowdHeader } from '../../../../core/disk/formats/cowd/header.ts';
import { patchHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { identifyFile } from '../../../../core/disk/describe/identify.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
});
afterEach(() => {
  folder.remove();
});

function patch(path: string, change: (header: CowdHeader) => CowdHeader): void {
  const file = hostFiles.open(path, true);
  try {
    patchHeader(file, change);
  } finally {
    file.close();
  }
}

/** Inspecting and opening both refuse in the same words, and leave the folder as it was. */
async function expectRefused(log: string, expected: object, file = base): Promise<void> {
  const before = fingerprintFolder(folder.path);
  await expect(inspectChain(log)).rejects.toMatchObject(expected);
  await expect(openDiskSession({ file, mode: 'undoable', redo: log })).rejects.toMatchObject(expected);
  expect(fingerprintFolder(folder.path)).toEqual(before);
}

describe('the parent of a redo log', () => {
  it('[P1] is found after both have moved together', async () => {
    mkdirSync(folder.at('machine'));
    const log = await makeLog(base, { directory: folder.at('machine') });
    await writeDisk(base, log, [[0, 1]]);
    const content = await contentOf(log);
    mkdirSync(folder.at('elsewhere'));
    renameSync(base, folder.at('elsewhere', 'disk.vmdk'));
    renameSync(folder.at('machine'), folder.at('elsewhere', 'machine'));
    const moved = log.replace(folder.at('machine'), folder.at('elsewhere', 'machine'));
    // The relative path from `machine` leads one folder up in both places.
    expect(await contentOf(moved)).toBe(content);
  });

  it('[P1] is found beside the log when it was copied there', async () => {
    mkdirSync(folder.at('machine'));
    const log = await makeLog(base, { directory: folder.at('machine') });
    renameSync(base, folder.at('machine', 'disk.vmdk'));
    expect((await inspectChain(log)).links[1]?.path).toBe(folder.at('machine', 'disk.vmdk'));
  });

  it('[P1] is found from the folder of the configuration, as the original did', async () => {
    mkdirSync(folder.at('machine'));
    mkdirSync(folder.at('logs'));
    renameSync(base, folder.at('machine', 'disk.vmdk'));
    base = folder.at('machine', 'disk.vmdk');
    const log = await makeLog(base, { directory: folder.at('logs') });
    patch(log, (header) => {
      const { relativePath: _, ...record } = header.record ?? { contentId: '', linkId: '' };
      return { ...header, record, parent: { storedName: 'disk.vmdk', generation: header.parent?.generation ?? 0 } };
    });
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.parent-missing' });
    expect((await inspectChain(log, { configDirectory: folder.at('machine') })).links).toHaveLength(2);
  });

  it('[P1] is the candidate that agrees, not the first that is there', async () => {
    mkdirSync(folder.at('machine'));
    const log = await makeLog(base, { directory: folder.at('machine') });
    renameSync(base, folder.at('machine', 'disk.vmdk'));
    await makeBase(base);
    expect((await inspectChain(log)).links[1]?.path).toBe(folder.at('machine', 'disk.vmdk'));
  });

  it('[P2] is named with all places when it is nowhere', async () => {
    mkdirSync(folder.at('machine'));
    const log = await makeLog(base, { directory: folder.at('machine') });
    unlinkSync(base);
    await expect(inspectChain(log)).rejects.toMatchObject({
      code: 'disk.parent-missing',
      details: { file: log, expected: base, tried: [base, folder.at('machine', 'disk.vmdk')] },
    });
  });

  it('[P3] may not have been written since', async () => {
    const log = await makeLog(base);
    await writeDisk(base, undefined, [[4096, 2]]);
    await expectRefused(log, { code: 'disk.parent-changed', details: { file: log, parent: base } });
  });

  it('[P3] may have another time stamp, and may have been opened without a write', async () => {
    const log = await makeLog(base);
    utimesSync(base, new Date(0), new Date(0));
    await writeDisk(base, undefined, []);
    expect((await inspectChain(log)).links).toHaveLength(2);
  });

  it('[P3] is judged by its generation where there are no content ids', async () => {
    const log = await makeLog(base);
    const forget = (header: CowdHeader): CowdHeader => {
      const { record: _, ...rest } = header;
      return { ...rest, description: '' };
    };
    patch(log, forget);
    expect((await inspectChain(log)).links).toHaveLength(2);
    patch(base, (header) => ({ ...header, generation: header.generation + 1 }));
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('[P4] has the same capacity', async () => {
    const log = await makeLog(base);
    unlinkSync(base);
    await makeBase(base, { capacityBytes: 9 * mib });
    await expectRefused(log, {
      code: 'disk.capacity-mismatch',
      details: { capacityBytes: 8 * mib, parentCapacityBytes: 9 * mib },
    });
  });

  it('[P5] is not the log itself', async () => {
    const log = await makeLog(base);
    patch(log, (header) => {
      const { relativePath: _, ...record } = header.record ?? { contentId: '', linkId: '' };
      return { ...header, record, parent: { storedName: 'disk.vmdk.REDO', generation: header.generation } };
    });
    await expectRefused(log, { code: 'disk.loop', details: { file: log, path: [log, log] } });
  });

  it('[P5] is not a copy of a link below it, nor the log by another name', async () => {
    const log = await makeLog(base);
    unlinkSync(base);
    copyFileSync(log, base);
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.loop' });
    unlinkSync(base);
    symlinkSync(log, base);
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.loop' });
  });

  it('[P6] elsewhere needs an approval, which making the log gives', async () => {
    mkdirSync(folder.at('machine'));
    const log = await makeLog(base, { directory: folder.at('machine') });
    expect((await inspectChain(log)).links).toHaveLength(2);
    // Another host, another user: no approvals.
    const stranger = { settingsDirectory: folder.at('other-settings') };
    await expect(inspectChain(log, stranger)).rejects.toMatchObject({
      code: 'disk.untrusted',
      details: { file: log, path: base },
    });
    expect((await inspectChain(log, { ...stranger, trustedPaths: [base] })).links).toHaveLength(2);
    expect((await inspectChain(log, { ...stranger, trustedPaths: [folder.path] })).links).toHaveLength(2);
  });

  it('[P6] is no device and no pipe', async () => {
    const log = await makeLog(base);
    unlinkSync(base);
    symlinkSync('/dev/zero', base);
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
  });
});

describe('bad files', () => {
  it('[B1] a file that is no disk', async () => {
    const file = folder.at('notes.vmdk');
    writeFileSync(file, 'not a disk at all');
    await expectRefused(file, { code: 'disk.not-a-disk', details: { file } });
    expect(identifyFile(file)).toMatchObject({ kind: 'not-a-disk' });
    writeFileSync(file, '');
    await expectRefused(file, { code: 'disk.not-a-disk' });
  });

  it('[B1] a truncated header', async () => {
    const log = await makeLog(base);
    truncateSync(log, 1000);
    await expectRefused(log, { code: 'disk.corrupt', details: { file: log, field: 'length' } });
    expect(identifyFile(log)).toMatchObject({ kind: 'not-a-disk' });
  });

  it('[B1] a parent with a truncated header', async () => {
    const log = await makeLog(base);
    truncateSync(base, 1000);
    await expectRefused(log, { code: 'disk.corrupt', details: { file: base } });
  });

  it('[B1] a file that is not there, and a folder', async () => {
    await expect(inspectChain(folder.at('nothing.vmdk'))).rejects.toMatchObject({ code: 'disk.not-found' });
    await expect(inspectChain(folder.path)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
    expect(() => identifyFile(folder.at('nothing.vmdk'))).toThrow(expect.objectContaining({ code: 'disk.not-found' }));
  });

  it('[N5] a later segment is refused with the name of the first', async () => {
    const split = await makeBase(folder.at('split.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const log = await makeLog(split);
    await expectRefused(folder.at('split-02.vmdk'), {
      code: 'disk.segment-picked',
      details: { part: 2, first: split },
    });
    await expectRefused(
      folder.at('split-03.vmdk.REDO'),
      { code: 'disk.segment-picked', details: { part: 3, first: log } },
      split,
    );
    await expect(openDiskSession({ file: folder.at('split-02.vmdk'), mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.segment-picked',
    });
  });

  it('[N5] a disk whose own name ends in a number is a first segment', async () => {
    const file = await makeBase(folder.at('disk-02.vmdk'));
    expect(identifyFile(file)).toMatchObject({ kind: 'base' });
    expect((await inspectChain(await makeLog(file))).links).toHaveLength(2);
  });

  it('[B1] a missing segment is named', async () => {
    const split = await makeBase(folder.at('split.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    unlinkSync(folder.at('split-02.vmdk'));
    const expected = {
      code: 'disk.segment-missing',
      details: { part: 2, expected: folder.at('split-02.vmdk'), total: 3 },
    };
    await expect(inspectChain(split)).rejects.toMatchObject(expected);
    await expect(openDiskSession({ file: split, mode: 'persistent' })).rejects.toMatchObject(expected);
  });

  it('[B1] a segment of another disk is not taken', async () => {
    const one = await makeBase(folder.at('one.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    await makeBase(folder.at('two.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    rmSync(folder.at('one-02.vmdk'));
    copyFileSync(folder.at('two-02.vmdk'), folder.at('one-02.vmdk'));
    const expected = { code: 'disk.corrupt', details: { file: folder.at('one-02.vmdk'), field: 'link' } };
    await expect(inspectChain(one)).rejects.toMatchObject(expected);
    await expect(openDiskSession({ file: one, mode: 'persistent' })).rejects.toMatchObject(expected);
  });

  it('[B2] identifying reads and changes nothing', () => {
    const before = readFileSync(base);
    identifyFile(base);
    expect(readFileSync(base).equals(before)).toBe(true);
    expect(join(folder.path, 'disk.vmdk')).toBe(base);
  });
});

import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkChain } from '../../../../core/disk/check/check-chain.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { createBase } from '../../../../core/disk/create/create-base.ts';
import { repairVmdkFiles } from '../../../../core/disk/check/repair-vmdk.ts';
import { vmdkStructures } from '../../../../core/disk/check/vmdk-file.ts';
import { DescriptorCache } from '../../../../core/disk/files/descriptor-cache.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { readVmdk4Header } from '../../../../core/disk/formats/vmdk4/read-vmdk4-header.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { shrinkDisk } from '../../../../core/disk/shrink/shrink-disk.ts';
import {
  contentOf,
  fingerprint,
  fingerprintFolder,
  inSession,
  makeLog,
  mib,
  read,
  write,
  writeDisk,
} from '../../../support/disk-kit.ts';
import { SparseFile } from '../../../support/sparse-file.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let disk: string;
beforeEach(async () => {
  folder = makeTempFolder();
  disk = folder.at('disk.vmdk');
  await createBase({ file: disk, capacityBytes: 200 * mib, split: false, bus: 'ide', format: 'vmdk' });
  await writeDisk(disk, undefined, [
    [0, 1, 300_000],
    [100 * mib, 2, 300_000],
    [199 * mib, 3, 100_000],
  ]);
});
afterEach(() => {
  folder.remove();
});

interface Tables {
  /** Offsets of a table's entry in the directory, and of a grain's in its table: of the first, or of the copy. */
  table(which: 'first' | 'copy', table: number): number;
  grain(which: 'first' | 'copy', grain: number): number;
}

function change(edit: (words: DataView, at: Tables) => void, path = disk): void {
  const bytes = readFileSync(path);
  const file = hostFiles.open(path, false);
  const structures = vmdkStructures(file, readVmdk4Header(file));
  file.close();
  edit(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    table: (which, table) => (structures?.[which]?.directorySector ?? 0) * 512 + table * 4,
    grain: (which, grain) => (structures?.[which]?.directory[Math.floor(grain / 512)] ?? 0) * 512 + (grain % 512) * 4,
  });
  writeFileSync(path, bytes);
}

async function look(): Promise<string[]> {
  const before = fingerprint([disk]);
  const { findings } = await checkChain({ file: disk });
  expect(fingerprint([disk])).toEqual(before);
  return findings.map(({ severity, kind, canRepair }) => `${severity} ${kind}${canRepair ? ' *' : ''}`);
}

describe('checking VMDK 4', () => {
  it('[K1] finds nothing wrong in what the engine has left, a log over it included', async () => {
    expect(await look()).toEqual([]);
    const log = await makeLog(disk);
    await writeDisk(disk, log, [[5 * mib, 9, 9000]]);
    expect((await checkChain({ file: log })).findings).toEqual([]);
    await inSession({ file: disk, mode: 'persistent' }, async (device) => {
      await device.discard(100 * mib, mib);
      await write(device, 150 * mib, 5, 200_000);
    });
    expect(await look()).toEqual(['info unused-space']);
  });

  it.each<[string, (words: DataView, at: Tables) => void, string[]]>([
    [
      'a grain of the copy that differs',
      (words, at) => {
        words.setUint32(at.grain('copy', 1), 0, true);
      },
      ['warning directory-copies *'],
    ],
    [
      'a directory of the copy that leads nowhere',
      (words, at) => {
        words.setUint32(at.table('copy', 3), 1, true);
      },
      ['warning directory-copies *'],
    ],
    [
      'a bad grain that the copy knows',
      (words, at) => {
        words.setUint32(at.grain('first', 1), 0x7fff_ffff, true);
      },
      ['error bad-grain *', 'warning directory-copies *'],
    ],
    [
      'a bad table that the copy knows',
      (words, at) => {
        words.setUint32(at.table('first', 0), 0x7fff_ffff, true);
      },
      ['error bad-table *', 'warning directory-copies *'],
    ],
    [
      'a file that was not closed',
      (words) => {
        words.setUint8(72, 1);
      },
      ['warning unclean *'],
    ],
  ])('[K4][K5] %s: is found and repaired, and the disk reads as before', async (_name, damage, found) => {
    const content = await contentOf(disk);
    const { state } = readLinkHead(disk);
    change(damage);
    expect(await look()).toEqual(found);
    const { findings, repaired } = await checkChain({ file: disk, repair: true });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(repaired).toHaveLength(found.length);
    expect(await contentOf(disk)).toBe(content);
    expect(readLinkHead(disk).state).toEqual(state);
    await writeDisk(disk, undefined, [[60 * mib, 7, 100_000]]);
    expect((await look()).filter((text) => !text.startsWith('info'))).toEqual([]);
  });

  it.each<[string, (words: DataView, at: Tables) => number]>([
    ['over a grain', (words, at) => words.getUint32(at.grain('first', 0), true)],
    ['over a grain of zeros', (words, at) => words.getUint32(at.grain('first', 150 * 16), true)],
    ['over another table', (words, at) => words.getUint32(at.table('first', 0), true)],
    ['over half of another table', (words, at) => words.getUint32(at.table('first', 0), true) + 2],
    ['over a table of the copy', (words, at) => words.getUint32(at.table('copy', 0), true)],
  ])('[K5][X2] a table that is said to lie %s is taken from the copy, and all data stays', async (_name, place) => {
    await writeDisk(disk, undefined, [
      [150 * mib, 5, 65_536],
      [150 * mib, 0, 65_536],
    ]);
    const content = await contentOf(disk);
    const { state } = readLinkHead(disk);
    change((words, at) => {
      words.setUint32(at.table('first', 3), place(words, at), true);
    });
    expect((await look()).some((text) => text.startsWith('error'))).toBe(true);
    const { findings } = await checkChain({ file: disk, repair: true });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(await contentOf(disk)).toBe(content);
    expect(readLinkHead(disk).state).toEqual(state);
    await writeDisk(disk, undefined, [[60 * mib, 7, 100_000]]);
    expect((await look()).filter((text) => !text.startsWith('info'))).toEqual([]);
  });

  it('[K6] what only the copy says is kept before it is written over', async () => {
    let lost = 0;
    change((words, at) => {
      lost = words.getUint32(at.grain('copy', 1), true);
      words.setUint32(at.grain('first', 1), 0, true);
    });
    const { kept } = await checkChain({ file: disk, repair: true });
    const grains = kept.flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as { grains: unknown[] }).grains);
    expect(grains).toEqual([[1, lost]]);
  });

  it('[K6] a repair of one file of several leaves all of them closed', async () => {
    const split = folder.at('split.vmdk');
    await createBase({ file: split, capacityBytes: 3072 * mib, split: true, bus: 'ide', format: 'vmdk' });
    await writeDisk(split, undefined, [[2500 * mib, 1, 100_000]]);
    change((words, at) => {
      const grain = (2500 - 2047) * 16;
      for (const which of ['first', 'copy'] as const) words.setUint32(at.grain(which, grain), 0x7fff_ffff, true);
    }, folder.at('split-s002.vmdk'));
    const { findings } = await checkChain({ file: split, repair: true });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('[K5] two grains in one place read as before', async () => {
    change((words, at) => {
      for (const which of ['first', 'copy'] as const)
        words.setUint32(at.grain(which, 700), words.getUint32(at.grain(which, 0), true), true);
    });
    const content = await contentOf(disk);
    expect(await look()).toEqual(['error shared-grain *']);
    const { findings } = await checkChain({ file: disk, repair: true });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(await contentOf(disk)).toBe(content);
  });

  it('[K6] an entry that both copies have lost is cleared, and the content id and CID change', async () => {
    const before = readLinkHead(disk).state;
    change((words, at) => {
      for (const which of ['first', 'copy'] as const) words.setUint32(at.grain(which, 1), 0x7fff_ffff, true);
    });
    expect(await look()).toEqual(['error bad-grain *']);
    const { findings, kept } = await checkChain({ file: disk, repair: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(kept.length).toBeGreaterThan(0);
    const after = readLinkHead(disk).state;
    expect(after.record?.contentId).not.toBe(before.record?.contentId);
    expect(after.cid).not.toBe(before.cid);
    await contentOf(disk);
  });

  it('[K6] an entry that leads where a table of the copy will be put is cleared all the same', async () => {
    const end = statSync(disk).size / 512;
    change((words, at) => {
      for (const which of ['first', 'copy'] as const) words.setUint32(at.grain(which, 2), end - 124, true);
      // Of which only the copy knows what it says: it gets a place at the end.
      words.setUint32(at.table('first', 3), 0x7fff_ffff, true);
    });
    const { findings } = await checkChain({ file: disk, repair: true });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    change((words, at) => {
      expect(words.getUint32(at.grain('first', 2), true)).toBe(0);
    });
  });

  it('[K5] what only the copy knows stays in it where the file may not grow', async () => {
    const end = statSync(disk).size / 512;
    let known = 0;
    change((words, at) => {
      // A table that a grain lies over: what it says may be somebody's data, and leads right past the end.
      const overwritten = words.getUint32(at.grain('first', 100 * 16), true);
      for (const which of ['first', 'copy'] as const) words.setUint32(at.table(which, 2), overwritten, true);
      words.setUint32(overwritten * 512, end - 124, true);
      known = words.getUint32(at.grain('copy', 199 * 16), true);
      words.setUint32(at.table('first', 6), 0x7fff_ffff, true);
    });
    const { findings } = await checkChain({ file: disk, repair: true });
    expect(findings.map(({ kind }) => kind)).toContain('bad-table');
    expect(statSync(disk).size / 512).toBe(end);
    change((words, at) => {
      expect(words.getUint32(at.table('first', 6), true)).toBe(0x7fff_ffff);
      expect(words.getUint32(at.grain('copy', 199 * 16), true)).toBe(known);
    });
    expect(known).toBeGreaterThan(0);
  });

  it('[G2] no table is put behind 2^31 − 1 bytes', async () => {
    truncateSync(disk, (2 ** 22 - 1) * 512);
    const fd = openSync(disk, 'r+');
    const header = new Uint8Array(512);
    readSync(fd, header, 0, 512, 0);
    const first = Number(new DataView(header.buffer).getBigUint64(56, true));
    writeSync(fd, new Uint32Array([0x7fff_ffff]), 0, 4, first * 512 + 12);
    closeSync(fd);
    await expect(checkChain({ file: disk, repair: true })).rejects.toMatchObject({
      code: 'disk.io',
      details: { file: disk, errno: 'EFBIG' },
    });
    expect(statSync(disk).size).toBeLessThan(2 ** 31);
  });

  it('a repair that is stopped before it begins lets go of the file', async () => {
    const layer = new DescriptorCache(hostFiles, () => 8);
    const rights = { canKeep: true, canChange: true, canCut: true };
    const check = { files: [disk], format: 'vmdk', rights, layer, signal: AbortSignal.abort() } as const;
    await expect(repairVmdkFiles(check, () => undefined)).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(layer.openCount).toBe(0);
  });

  it('[Z1] shrinks, and who the disk is stays', async () => {
    await inSession({ file: disk, mode: 'persistent' }, async (device) => {
      await device.discard(0, 2 * mib);
    });
    const content = await contentOf(disk);
    const { state } = readLinkHead(disk);
    const { beforeBytes, afterBytes } = await shrinkDisk({ file: disk });
    expect(beforeBytes - afterBytes).toBeGreaterThanOrEqual(4 * 65_536);
    expect(await contentOf(disk)).toBe(content);
    expect(readLinkHead(disk).state).toEqual(state);
    expect(await look()).toEqual([]);
  });

  it('[B4] [B2] a file that was cut off is read as far as it goes, and not written before it is repaired', async () => {
    truncateSync(disk, statSync(disk).size - 2 * 65_536);
    const before = fingerprintFolder(folder.path);
    const refusal = { code: 'disk.corrupt', details: { file: disk } };
    // What it grew by would lie where the lost entries lead, and be read there.
    await expect(writeDisk(disk, undefined, [[150 * mib, 9, 300_000]])).rejects.toMatchObject(refusal);
    await expect(shrinkDisk({ file: disk })).rejects.toMatchObject(refusal);
    expect(fingerprintFolder(folder.path)).toEqual(before);
    const log = await makeLog(disk);
    await writeDisk(disk, log, [[150 * mib, 9, 300_000]]);
    const unchanged = fingerprint([disk]);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject(refusal);
    expect(fingerprint([disk])).toEqual(unchanged);
    await inSession({ file: disk, mode: 'undoable', redo: log }, async (device) => {
      expect([(await read(device, 0, 1))[0], (await read(device, 150 * mib, 1))[0]]).toEqual([1, 9]);
      await expect(read(device, 199 * mib, 65_536 * 2)).rejects.toMatchObject({ code: 'disk.corrupt' });
    });
    rmSync(log);
    await checkChain({ file: disk, repair: true });
    await writeDisk(disk, undefined, [[150 * mib, 9, 300_000]]);
    expect((await look()).filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('checking a split disk of ESX', () => {
  it('[K1][K4] looks at every entry of its files', async () => {
    const esx = folder.at('esx.vmdk');
    const request = { file: esx, capacityBytes: 3000 * mib, split: true, bus: 'scsi', dialect: 'esx' } as const;
    const { files } = await createBase(request);
    await writeDisk(esx, undefined, [
      [0, 1, 9000],
      [2500 * mib, 2, 9000],
    ]);
    expect((await checkChain({ file: esx })).findings).toEqual([]);
    const part = new SparseFile(files[1] as string);
    part.setGrain(1, 0x7fff_ffff);
    part.setGrain(5, part.grain(0));
    const { findings } = await checkChain({ file: esx, repair: true });
    expect(findings.map(({ file, kind, canRepair }) => [file, kind, canRepair])).toEqual([
      [files[1], 'bad-grain', false],
      [files[1], 'shared-grain', false],
    ]);
  });
});

describe('checking flat and raw disks', () => {
  it('[K1][Z1] looks at what can be told; there is nothing to shrink', async () => {
    const raw = folder.at('disk.img');
    writeFileSync(raw, new Uint8Array(mib).fill(7));
    const context = { trustedPaths: [raw] };
    expect((await checkChain({ file: raw, context })).findings).toEqual([]);
    expect(await shrinkDisk({ file: raw, context })).toMatchObject({ isFixedSize: true, beforeBytes: mib });
  });
});

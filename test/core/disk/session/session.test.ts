import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeRedo } from '../../../../core/disk/describe/describe-redo.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import {
  contentOf,
  fingerprint,
  fingerprintFolder,
  inSession,
  makeBase,
  makeLog,
  mib,
  read,
  write,
  writeDisk,
} from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

const gib = 2 ** 30;
const alice = 'a'.repeat(32);
const bob = 'b'.repeat(32);
let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

describe('sessions', () => {
  it('[S1] undoable and nonpersistent work leaves the parents untouched, time stamps included', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
    await writeDisk(base, undefined, [
      [10_000, 1],
      [4_189_248 * 512 - 100, 2],
    ]);
    const middle = await makeLog(base);
    await writeDisk(base, middle, [[20_000, 3]]);
    const files = (await inspectChain(middle)).links.flatMap((link) => link.files);
    expect(files).toHaveLength(6);
    const before = fingerprint(files);
    const log = await makeLog(middle);
    await writeDisk(middle, log, [
      [10_002, 4],
      [20_000, 5, 200_000],
      [4_189_248 * 512 - 50, 6],
      [3.99 * gib, 7],
    ]);
    const temporary = await createRedoLog({ parent: log, randomSuffix: true });
    await inSession({ file: log, mode: 'nonpersistent', redo: temporary.file }, async (device) => {
      await write(device, 0, 8, mib);
      await device.flush();
    });
    expect(fingerprint(files)).toEqual(before);
  });

  it('[S3] a log reads as it was left, across segments and sessions', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
    const log = await makeLog(base);
    const edge = 4_189_248 * 512;
    await writeDisk(base, log, [[edge - 1000, 1, 2000]]);
    await writeDisk(base, log, [[edge - 10, 2, 20]]);
    await inSession({ file: base, mode: 'undoable', redo: log }, async (device) => {
      const bytes = await read(device, edge - 1000, 2000);
      const expected = new Uint8Array(2000).fill(1);
      expected.fill(2, 990, 1010);
      expect(Buffer.compare(bytes, expected)).toBe(0);
      expect((await read(device, edge - 1001, 1))[0]).toBe(0);
    });
    expect(await describeRedo(log)).toMatchObject({ file: log, parent: base, isEmpty: false, isUnclean: false });
  });

  it('[S2] a log of another machine is refused, one of nobody is anybody’s', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base, { owner: alice });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log, owner: bob })).rejects.toMatchObject({
      code: 'disk.redo-taken',
      details: { file: log, owner: alice },
    });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.redo-taken',
    });
    await inSession({ file: base, mode: 'undoable', redo: log, owner: alice }, (device) => write(device, 0, 1));
    const free = await makeLog(base, { directory: folder.path });
    await inSession({ file: base, mode: 'undoable', redo: free, owner: bob }, (device) => write(device, 0, 1));
  });

  it('[S2] two machines without a folder for logs never share one', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base, { owner: alice });
    await expect(makeLog(base, { owner: bob })).rejects.toMatchObject({
      code: 'disk.redo-taken',
      details: { owner: alice },
    });
    mkdirSync(folder.at('bob'));
    const other = await makeLog(base, { owner: bob, directory: folder.at('bob') });
    const first = await openDiskSession({ file: base, mode: 'undoable', redo: log, owner: alice });
    const second = await openDiskSession({ file: base, mode: 'undoable', redo: other, owner: bob });
    await write(first.device, 0, 1);
    await write(second.device, 0, 2);
    expect((await read(first.device, 0, 1))[0]).toBe(1);
    expect((await read(second.device, 0, 1))[0]).toBe(2);
    await second.close();
    await first.close();
  });

  it('[S4] a nonpersistent session leaves nothing, and a reset starts afresh', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
    await writeDisk(base, undefined, [[0, 1]]);
    const before = readdirSync(folder.path);
    const newLog = async () => (await createRedoLog({ parent: base, randomSuffix: true, owner: alice })).file;
    const first = await newLog();
    const session = await openDiskSession({ file: base, mode: 'nonpersistent', redo: first, owner: alice });
    await write(session.device, 0, 2);
    await write(session.device, 3 * gib, 3);
    expect(session.stats().isEmpty).toBe(false);
    const second = await newLog();
    await session.replaceRedo(second);
    expect(session.redo).toBe(second);
    expect(existsSync(first)).toBe(false);
    expect(session.stats().isEmpty).toBe(true);
    expect((await read(session.device, 0, 1))[0]).toBe(1);
    expect((await read(session.device, 3 * gib, 1))[0]).toBe(0);
    await write(session.device, 0, 4);
    await session.close();
    await session.close();
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it('[L3] a nonpersistent session whose lock was broken leaves its log to whoever has it now', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const newLog = async () => (await createRedoLog({ parent: base, randomSuffix: true })).file;
    const [first, second] = [await newLog(), await newLog()];
    const session = await openDiskSession({ file: base, mode: 'nonpersistent', redo: first });
    const breakLockOf = (log: string) => {
      rmSync(`${log}.lck`, { recursive: true });
    };
    breakLockOf(first);
    await writeDisk(base, first, [[0, 7]]);
    const content = await contentOf(first);
    await session.replaceRedo(second);
    expect(await contentOf(first)).toBe(content);
    breakLockOf(second);
    await writeDisk(base, second, [[0, 8]]);
    const other = await contentOf(second);
    await session.close();
    expect(await contentOf(second)).toBe(other);
  });

  it('[S4] a reset refuses a log of another disk and goes on over the old one', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const other = await makeBase(folder.at('other.vmdk'));
    const log = (await createRedoLog({ parent: base, randomSuffix: true })).file;
    const wrong = (await createRedoLog({ parent: other, randomSuffix: true })).file;
    await inSession({ file: base, mode: 'nonpersistent', redo: log }, async (device, session) => {
      await write(device, 0, 1);
      await expect(session.replaceRedo(wrong)).rejects.toMatchObject({ code: 'disk.parent-changed' });
      expect((await read(device, 0, 1))[0]).toBe(1);
    });
    expect(existsSync(`${wrong}.lck`)).toBe(false);
  });

  it('[S5] a protected base is not written, but may be the parent of a log', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
    chmodSync(folder.at('disk-02.vmdk'), 0o444);
    const before = fingerprintFolder(folder.path);
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.read-only',
      details: { file: folder.at('disk-02.vmdk') },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    await writeDisk(base, await makeLog(base), [[0, 1]]);
  });

  it('[S5] a file with several hard links is not written', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    linkSync(base, folder.at('second-name.vmdk'));
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.unsupported',
    });
    expect(existsSync(`${base}.lck`)).toBe(false);
  });

  it('[L1] a log has one session; a base that is read is not written, one that is written not read', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base);
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log, context: { machineName: 'W98' } });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.locked',
      details: { file: log },
    });
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.locked',
      details: { file: base, holder: { machineName: 'W98', pid: process.pid } },
    });
    await session.close();
    const writer = await openDiskSession({ file: base, mode: 'persistent' });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.locked',
    });
    await expect(makeLog(base, { directory: folder.path })).rejects.toMatchObject({ code: 'disk.locked' });
    await writer.close();
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
  });

  it('[L3] a writer whose lock was broken fails its next flush and writes no metadata', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const session = await openDiskSession({ file: base, mode: 'persistent' });
    await write(session.device, 0, 1);
    for (const name of readdirSync(`${base}.lck`)) hostFiles.remove(`${base}.lck/${name}`);
    await expect(session.device.flush()).rejects.toMatchObject({ code: 'disk.io' });
    await expect(session.device.flush()).rejects.toMatchObject({ code: 'disk.io' });
    await session.close().catch(() => undefined);
    const content = await contentOf(base);
    const empty = await makeBase(folder.at('empty.vmdk'));
    expect(content).toBe(await contentOf(empty));
  });

  it('[S6] wrong combinations are refused and leave nothing', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const other = await makeBase(folder.at('other.vmdk'));
    const log = await makeLog(base);
    const before = fingerprintFolder(folder.path);
    await expect(openDiskSession({ file: base, mode: 'undoable' })).rejects.toMatchObject({
      code: 'usage.bad-argument',
    });
    await expect(openDiskSession({ file: base, mode: 'persistent', redo: log })).rejects.toMatchObject({
      code: 'usage.bad-argument',
    });
    await expect(openDiskSession({ file: other, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.parent-changed',
    });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: other })).rejects.toMatchObject({
      code: 'disk.not-a-redo-log',
    });
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: folder.at('gone') })).rejects.toMatchObject({
      code: 'disk.not-found',
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
  });

  it('a log is itself a disk: persistent on it, and undoable over it', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base);
    await writeDisk(log, undefined, [[0, 1]]);
    const nested = await makeLog(log);
    await writeDisk(log, nested, [[0, 2]]);
    await inSession({ file: log, mode: 'persistent' }, async (device) => {
      expect((await read(device, 0, 1))[0]).toBe(1);
    });
    expect(await describeRedo(nested)).toMatchObject({ parent: log });
    expect(statSync(base).size).toBeLessThan(mib);
  });

  it('an empty log says so, also after writes that changed nothing it kept', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base);
    expect(await describeRedo(log)).toMatchObject({ isEmpty: true, allocatedBytes: 0, isUnclean: false });
    await inSession({ file: base, mode: 'undoable', redo: log }, async (device, session) => {
      expect(session.stats()).toEqual({ isEmpty: true, allocatedBytes: 0 });
      await device.writeZeroes(0, mib);
    });
    expect(await describeRedo(log)).toMatchObject({ isEmpty: true });
    await expect(describeRedo(base)).rejects.toMatchObject({ code: 'disk.not-a-redo-log' });
  });
});

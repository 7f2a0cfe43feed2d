import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../core/disk/commit/commit-steps.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { findDependents } from '../../../core/disk/parents/dependents.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { fingerprint, makeBase, makeLog, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
});
afterEach(() => {
  folder.remove();
});

const parts = ['disk-02.vmdk', 'disk-03.vmdk', 'disk.vmdk'];

describe('discard', () => {
  it('[R1] removes the log with all segments, its lock and its entry; the base is as it was', async () => {
    const before = fingerprint([base]);
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 1]]);
    await discardRedoLog({ redo: log });
    expect(readdirSync(folder.path).sort()).toEqual(parts);
    expect(fingerprint([base])).toEqual(before);
    await expect(discardRedoLog({ redo: log })).rejects.toMatchObject({
      code: 'disk.not-found',
      details: { file: log },
    });
  });

  it('[R1] takes the journal of a commit along whose log is lost, and the name is free again', async () => {
    const log = await makeLog(base);
    const nested = await makeLog(log);
    await writeDisk(log, nested, [[0, 1]]);
    const reached = (point: CommitPoint) => {
      if (point === 'child-recorded') throw new Error('stop');
    };
    await expect(commitRedoLog({ redo: nested }, { reached })).rejects.toThrow('stop');
    for (const part of ['disk', 'disk-02', 'disk-03']) unlinkSync(folder.at(`${part}.vmdk.REDO.REDO`));
    await discardRedoLog({ redo: log });
    expect(readdirSync(folder.path).sort()).toEqual(parts);
    expect(await makeLog(base)).toBe(log);
    await writeDisk(base, log, [[0, 1]]);
  });

  it('[R2] refuses a base, and a log that others hang from', async () => {
    const log = await makeLog(base);
    const nested = await makeLog(log);
    await expect(discardRedoLog({ redo: base })).rejects.toMatchObject({ code: 'disk.not-a-redo-log' });
    await expect(discardRedoLog({ redo: log, force: true })).rejects.toMatchObject({
      code: 'disk.has-dependents',
      details: { dependents: [{ path: nested }] },
    });
    await discardRedoLog({ redo: nested });
    await discardRedoLog({ redo: log });
  });

  it('[R2] refuses a log that is in use', async () => {
    const log = await makeLog(base);
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await expect(discardRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.locked' });
    await session.close();
    await discardRedoLog({ redo: log });
  });

  it('[R1] says that the parent is not what it was, and goes on when told to', async () => {
    const log = await makeLog(base);
    await writeDisk(base, undefined, [[0, 1]]);
    await expect(discardRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.parent-changed' });
    await discardRedoLog({ redo: log, force: true });
    expect(existsSync(log)).toBe(false);
  });

  it('[R3] a removal that was cut off is finished by whatever opens the disk next', async () => {
    const log = await makeLog(base);
    renameSync(log, `${log}.removing`);
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.not-found',
    });
    expect(readdirSync(folder.path).sort()).toEqual(parts);
    const again = await createRedoLog({ parent: base, randomSuffix: false });
    renameSync(log, `${log}.removing`);
    unlinkSync(folder.at('disk-02.vmdk.REDO'));
    expect((await createRedoLog({ parent: base, randomSuffix: false })).files).toEqual(again.files);
  });

  it('[R3] finishing touches no file that belongs to another log by now', async () => {
    const log = await makeLog(base);
    renameSync(log, `${log}.removing`);
    const other = await makeLog(base, { directory: folder.path });
    const mine = folder.at('disk-03.vmdk.REDO');
    copyFileSync(other.replace('disk.vmdk', 'disk-03.vmdk'), mine);
    writeFileSync(folder.at('disk-02.vmdk.REDO'), 'a note');
    const kept = readFileSync(mine);
    await discardRedoLog({ redo: log });
    expect(readFileSync(mine).equals(kept)).toBe(true);
    expect(readFileSync(folder.at('disk-02.vmdk.REDO'), 'utf8')).toBe('a note');
    expect(existsSync(`${log}.removing`)).toBe(false);
  });
});

describe('dependents', () => {
  it('[D1] are listed logs, logs beside the parent and logs where the caller looks', async () => {
    mkdirSync(folder.at('a'));
    mkdirSync(folder.at('b'));
    const beside = await makeLog(base);
    const listed = await makeLog(base, { directory: folder.at('a') });
    const unlisted = await makeLog(base, { directory: folder.at('b') });
    const children = JSON.parse(readFileSync(`${base}.children`, 'utf8')) as { children: { path: string }[] };
    children.children = children.children.filter(({ path }) => path !== unlisted);
    writeFileSync(`${base}.children`, JSON.stringify(children));
    const paths = async (query?: Parameters<typeof findDependents>[1]) =>
      (await findDependents(base, query)).map(({ path }) => path).sort();
    expect(await paths()).toEqual([beside, listed].sort());
    expect(await paths({ searchPaths: [folder.at('b')] })).toEqual([beside, listed, unlisted].sort());
    expect(await paths({ searchPaths: [unlisted], except: [listed] })).toEqual([beside, unlisted].sort());
    expect(await findDependents(beside)).toEqual([]);
  });

  it('[D1] do not include logs of another disk, nor logs that no longer agree', async () => {
    const other = await makeBase(folder.at('other.vmdk'));
    await makeLog(other);
    const log = await makeLog(base);
    expect(await findDependents(base)).toEqual([{ path: log }]);
    await writeDisk(base, undefined, [[0, 1]]);
    expect(await findDependents(base)).toEqual([]);
  });
});

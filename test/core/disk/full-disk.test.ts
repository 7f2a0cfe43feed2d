import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { forecastCommit } from '../../../core/disk/commit/forecast-commit.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, write, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

/** A file system of 8 MiB at `path`, or `false` where none can be mounted. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a full disk', () => {
  let folder: TempFolder;
  let small: string;
  let isMounted: boolean;
  beforeEach(() => {
    folder = makeTempFolder();
    small = folder.at('small');
    mkdirSync(small);
    isMounted = mountSmall(small);
  });
  afterEach(() => {
    if (isMounted) execFileSync('umount', [small]);
    folder.remove();
  });

  it('[C7] a commit that has no room is refused before it begins, and goes through when there is room', async (test) => {
    if (!isMounted) test.skip('no tmpfs can be mounted here');
    const base = await makeBase(`${small}/disk.vmdk`, { capacityBytes: 16 * mib });
    const log = await makeLog(base, { directory: folder.path });
    await writeDisk(base, log, [[0, 1, 3 * mib]]);
    const { bavail, bsize } = statfsSync(small);
    writeFileSync(`${small}/ballast`, Buffer.alloc(bavail * bsize - mib));
    const before = fingerprintFolder(folder.path);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({
      code: 'disk.no-space',
      details: { file: base },
    });
    expect((await forecastCommit(log)).problem).toMatchObject({ code: 'disk.no-space' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    const content = await contentOf(log);
    writeFileSync(`${small}/ballast`, '');
    await commitRedoLog({ redo: log });
    expect(await contentOf(base)).toBe(content);
  });

  it('[L6] locks are given back although there is no room for anything', async (test) => {
    if (!isMounted) test.skip('no tmpfs can be mounted here');
    const base = await makeBase(`${small}/disk.vmdk`, { capacityBytes: 16 * mib });
    const log = await makeLog(base);
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await write(session.device, 0, 1);
    await session.device.flush();
    const { bavail, bsize } = statfsSync(small);
    writeFileSync(`${small}/ballast`, Buffer.alloc(bavail * bsize));
    await session.close();
    const left = readdirSync(small, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.json'))).toEqual([]);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.no-space' });
    rmSync(`${small}/ballast`);
    await commitRedoLog({ redo: log });
    expect(readdirSync(small)).toEqual(['disk.vmdk']);
  });

  it('[G5] a disk that can’t be allocated in full is not made', async (test) => {
    if (!isMounted) test.skip('no tmpfs can be mounted here');
    const request = {
      file: `${small}/disk.vmdk`,
      capacityBytes: 16 * mib,
      split: true,
      bus: 'ide',
      allocateNow: true,
    } as const;
    await expect(createBase(request)).rejects.toMatchObject({ code: 'disk.no-space' });
    expect(statSync(request.file, { throwIfNoEntry: false })).toBeUndefined();
  });
});

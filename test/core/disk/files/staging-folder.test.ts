import { spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBase } from '../../../../core/disk/create/create-base.ts';
import { dropSecondName, openStagingFolder } from '../../../../core/disk/files/staging-folder.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const names = ['disk-02.vmdk', 'disk-03.vmdk', 'disk.vmdk'];

/** As a process leaves it that is killed when `put` have their places and `left` still their names in the folder. */
async function leave(put: readonly string[], left: readonly string[] = names): Promise<void> {
  const { path } = await openStagingFolder(folder.at('disk.vmdk'));
  for (const name of names) writeFileSync(join(path, name), name);
  for (const name of put) linkSync(join(path, name), folder.at(name));
  for (const name of names) if (!left.includes(name)) unlinkSync(join(path, name));
  const lock = join(path, '.lock');
  const holder = JSON.parse(readFileSync(lock, 'utf8')) as object;
  writeFileSync(lock, JSON.stringify({ ...holder, pid: spawnSync('true').pid, startTime: '1' }));
}

const inPlace = () => readdirSync(folder.path).sort();

describe('[V5] new files that a killed process was putting in their places', () => {
  it.each([
    ['none', []],
    ['some', ['disk-02.vmdk']],
    ['all but the first', ['disk-02.vmdk', 'disk-03.vmdk']],
  ])('are taken back where %s had one', async (_what, put) => {
    await leave(put);
    const next = await openStagingFolder(folder.at('other.vmdk'));
    next.remove();
    expect(inPlace()).toEqual([]);
  });

  it.each([
    ['all', names],
    ['the last two', ['disk-03.vmdk', 'disk.vmdk']],
    ['the first', ['disk.vmdk']],
    ['none', []],
  ])('stay where all had one, and %s their old names', async (_what, left) => {
    await leave(names, left);
    dropSecondName(folder.at('disk.vmdk'));
    const next = await openStagingFolder(folder.at('other.vmdk'));
    next.remove();
    expect(inPlace()).toEqual(names);
    expect(names.map((name) => statSync(folder.at(name)).nlink)).toEqual([1, 1, 1]);
    expect(readFileSync(folder.at('disk.vmdk'), 'utf8')).toBe('disk.vmdk');
  });

  it('stay where all had one and somebody has moved the first since', async () => {
    await leave(names);
    renameSync(folder.at('disk.vmdk'), folder.at('moved.vmdk'));
    (await openStagingFolder(folder.at('other.vmdk'))).remove();
    expect(inPlace()).toEqual(['disk-02.vmdk', 'disk-03.vmdk', 'moved.vmdk']);
    expect(statSync(folder.at('moved.vmdk')).nlink).toBe(1);
  });

  it('have one name each as soon as somebody opens the disk', async () => {
    await leave(names);
    dropSecondName(folder.at('disk.vmdk'));
    expect(inPlace()).toEqual(names);
  });

  it('have no folder left where it was killed before it had locked that, an hour later', async () => {
    for (const name of ['empty', 'unlocked', 'young', 'used']) mkdirSync(folder.at(`.redoubt-staging-${name}`));
    writeFileSync(folder.at('.redoubt-staging-unlocked', '.lock.0123'), '');
    writeFileSync(folder.at('.redoubt-staging-used', 'disk.vmdk'), '');
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const name of ['empty', 'unlocked', 'used'])
      utimesSync(folder.at(`.redoubt-staging-${name}`), longAgo, longAgo);
    (await openStagingFolder(folder.at('other.vmdk'))).remove();
    expect(inPlace()).toEqual(['.redoubt-staging-used', '.redoubt-staging-young']);
  });

  it('are cleared away by the third where the second was killed while it did', async () => {
    await leave([]);
    const rmSync = fs.rmSync.bind(fs);
    // The host removes a folder's files in any order.
    fs.rmSync = (path, options) => {
      const lock = join(String(path), '.lock');
      if (existsSync(lock) && readdirSync(path).length > 1) {
        unlinkSync(lock);
        throw Object.assign(new Error('killed'), { code: 'EIO' });
      }
      rmSync(path, options);
    };
    syncBuiltinESMExports();
    try {
      await openStagingFolder(folder.at('other.vmdk')).then(
        (staging) => {
          staging.remove();
        },
        () => undefined,
      );
    } finally {
      fs.rmSync = rmSync;
      syncBuiltinESMExports();
    }
    const next = await openStagingFolder(folder.at('other.vmdk'));
    next.remove();
    expect(inPlace().flatMap((name) => readdirSync(folder.at(name)))).toEqual([]);
  });

  it.each([
    ['none', []],
    ['all but the first', ['disk-02.vmdk', 'disk-03.vmdk']],
  ])('[G7] are taken back by a creation that makes nothing aside, where %s had one', async (_what, put) => {
    await leave(put);
    const request = { file: folder.at('disk.vmdk'), capacityBytes: 4 * 2 ** 30, split: true, bus: 'ide' } as const;
    expect((await createBase(request)).files.map((file) => basename(file)).sort()).toEqual(names);
    expect(inPlace()).toEqual(names);
  });

  it('are another’s where they are not the same files', async () => {
    await leave([]);
    writeFileSync(folder.at('disk-02.vmdk'), 'mine');
    const next = await openStagingFolder(folder.at('other.vmdk'));
    next.remove();
    expect(readFileSync(folder.at('disk-02.vmdk'), 'utf8')).toBe('mine');
  });
});

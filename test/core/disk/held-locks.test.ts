import fs, { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../core/disk/commit/commit-steps.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { encodeHolder, newHolder } from '../../../core/disk/locks/lock-holder.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { fingerprint, makeBase, makeLog, mib, write, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

/** Locks that are broken while long work goes on: whoever broke them has the files now. */

let folder: TempFolder;
let base: string;
let log: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [[0, 1, 100_000]]);
  log = await makeLog(base);
  await writeDisk(base, log, [[50_000, 3, 100_000]]);
});
afterEach(() => {
  folder.remove();
});

function breakLockOf(file: string): void {
  for (const name of readdirSync(`${file}.lck`)) rmSync(`${file}.lck/${name}`, { recursive: true });
}

const broken = { code: 'disk.io', details: { errno: 'ELOCKBROKEN' } };

/** Calls `act` once while `test` runs, when the folder is listed and the log is locked. */
async function whenListed(path: string, act: () => void, test: () => Promise<void>): Promise<void> {
  const readdir = fs.readdirSync.bind(fs);
  let isDone = false;
  fs.readdirSync = ((...parameters: Parameters<typeof readdir>) => {
    const names: unknown = readdir(...parameters);
    if (!isDone && parameters[0] === path && existsSync(`${log}.lck`)) {
      isDone = true;
      act();
    }
    return names;
  }) as typeof fs.readdirSync;
  syncBuiltinESMExports();
  try {
    await test();
  } finally {
    fs.readdirSync = readdir;
    syncBuiltinESMExports();
  }
  expect(isDone).toBe(true);
}

describe('a lock that is broken', () => {
  it('[L3] while a discard looks for dependents keeps the log', async () => {
    const before = fingerprint([log]);
    await whenListed(
      folder.path,
      () => {
        breakLockOf(log);
      },
      async () => {
        await expect(discardRedoLog({ redo: log })).rejects.toMatchObject(broken);
      },
    );
    expect(fingerprint([log])).toEqual(before);
  });

  it.each(['unmarked', 'nested', 'done'] as const)('[L3] after %s of a commit keeps the log', async (point) => {
    const reached = (here: CommitPoint) => {
      if (here !== point) return;
      breakLockOf(log);
      const holder = newHolder('reader', 'a'.repeat(32), { purpose: 'looking' });
      writeFileSync(`${log}.lck/${holder.token}.json`, encodeHolder(holder));
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toMatchObject(broken);
    expect(existsSync(log)).toBe(true);
  });

  it('[L3] before a commit begins keeps all files as they are', async () => {
    const before = fingerprint([base, log]);
    const reached = (here: CommitPoint) => {
      if (here === 'locked') breakLockOf(base);
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toMatchObject(broken);
    expect(fingerprint([base, log])).toEqual(before);
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'disk.vmdk.REDO', 'disk.vmdk.children']);
  });

  it('[L3] before a leaf switch has nothing created and nothing saved', async () => {
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    breakLockOf(log);
    let isSaved = false;
    const save = () => {
      isSaved = true;
      return Promise.resolve();
    };
    await expect(session.switchLeaf({ randomSuffix: false, save })).rejects.toMatchObject(broken);
    expect(isSaved).toBe(false);
    await session.close().catch(() => undefined);
    expect(readdirSync(folder.path).filter((name) => name.includes('.REDO.REDO'))).toEqual([]);
  });
});

it('[B1] a lock that can’t be given back does not hide why a commit failed', async () => {
  const reached = (here: CommitPoint) => {
    if (here !== 'journal') return;
    renameSync(`${log}.lck`, folder.at('aside'));
    writeFileSync(`${log}.lck`, 'in the way');
    throw new RedoubtError('job.cancelled', 'stopped', {});
  };
  await expect(commitRedoLog({ redo: log }, { reached })).rejects.toMatchObject({ code: 'job.cancelled' });
});

it('[S2] a log that another machine’s took the place of, while its lock was waited for, is not opened', async () => {
  const { file: other } = await createRedoLog({ parent: base, randomSuffix: true, owner: 'b'.repeat(32) });
  mkdirSync(`${log}.lck/gate`, { recursive: true });
  setTimeout(() => {
    renameSync(other, log);
    rmSync(`${log}.lck/gate`, { recursive: true });
  }, 50);
  const opening = openDiskSession({ file: base, mode: 'undoable', redo: log, owner: 'a'.repeat(32) });
  await expect(opening).rejects.toMatchObject({ code: 'disk.redo-taken', details: { owner: 'b'.repeat(32) } });
  expect(existsSync(`${log}.lck`)).toBe(false);
});

describe('a session that is being closed', () => {
  it('takes no leaf switch any more', async () => {
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await write(session.device, mib, 7);
    const closing = session.close();
    let isSaved = false;
    const save = () => {
      isSaved = true;
      return Promise.resolve();
    };
    await expect(session.switchLeaf({ randomSuffix: false, save })).rejects.toThrow('after close');
    await closing;
    expect(isSaved).toBe(false);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
    expect(readdirSync(folder.path).filter((name) => name.includes('.REDO.REDO'))).toEqual([]);
  });

  it('[S4] waits for a log that is being replaced, and takes no other', async () => {
    const session = await openDiskSession({ file: base, mode: 'nonpersistent', redo: log });
    const other = await makeLog(base, { directory: folder.path });
    const replacing = session.replaceRedo(other);
    await Promise.all([replacing, session.close()]);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    await expect(session.replaceRedo(other)).rejects.toThrow('after close');
  });
});

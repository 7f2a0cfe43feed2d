import { spawnSync } from 'node:child_process';
import fs, { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, isHeld, isHolderGone, lockHolder, type LockHolder } from '../../../core/base/lock-file.ts';
import { currentProcess } from '../../../core/base/process-identity.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { withoutLinks } from '../../support/without-links.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

describe('a lock in a small file', () => {
  const elsewhere = { bootId: 'another boot', token: 't', purpose: 'running' };

  it('goes to the next where its holder was here before the last boot', async () => {
    writeFileSync(folder.at('lock'), JSON.stringify({ ...currentProcess(), ...elsewhere }));
    expect(isHeld(await acquireLock(folder.at('lock'), 'p'))).toBe(true);
  });

  it('stays with a holder on another computer, also of one that has the same name', async () => {
    const text = JSON.stringify({ ...currentProcess(), ...elsewhere, machineId: 'f'.repeat(32) });
    writeFileSync(folder.at('lock'), text);
    expect(isHeld(await acquireLock(folder.at('lock'), 'p'))).toBe(false);
    expect(readFileSync(folder.at('lock'), 'utf8')).toBe(text);
  });

  it.each(['', 'null', '5', '[]', '{}', '{"token":7,"purpose":"p","pid":1}'])(
    'stays where it says %j, of which nobody knows who wrote it',
    async (text) => {
      writeFileSync(folder.at('lock'), text);
      expect(await acquireLock(folder.at('lock'), 'p')).toMatchObject({ purpose: 'a lock that cannot be read' });
      expect(readFileSync(folder.at('lock'), 'utf8')).toBe(text);
    },
  );

  it('keeps nobody waiting for ever where a link that leads nowhere has its name', async () => {
    symlinkSync(folder.at('nowhere'), folder.at('lock'));
    expect(await acquireLock(folder.at('lock'), 'p')).toMatchObject({ purpose: 'a lock that cannot be read' });
    expect(existsSync(folder.at('nowhere'))).toBe(false);
  });
});

describe('a lock where there are no hard links', () => {
  /** Runs `test`, and in it `act` when the lock is there and nothing of it is written. */
  async function whenHalfMade(act: () => void, test: () => Promise<void>): Promise<void> {
    const openSync = fs.openSync.bind(fs);
    fs.openSync = (path, flags, mode) => {
      const fd = openSync(path, flags, mode);
      if (path === folder.at('lock') && flags === 'wx') act();
      return fd;
    };
    syncBuiltinESMExports();
    try {
      await withoutLinks(test);
    } finally {
      fs.openSync = openSync;
      syncBuiltinESMExports();
    }
  }

  it.each(['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'])('goes to one at a time (%s)', async (errno) => {
    await withoutLinks(async () => {
      const lock = await acquireLock(folder.at('lock'), 'p');
      expect(isHeld(lock)).toBe(true);
      expect(await acquireLock(folder.at('lock'), 'q')).toMatchObject({ purpose: 'p', pid: process.pid });
      expect(readdirSync(folder.path)).toEqual(['lock']);
      if (isHeld(lock)) lock.release();
      expect(readdirSync(folder.path)).toEqual([]);
    }, errno);
  });

  it('goes to the next where its holder is gone', async () => {
    const gone = { ...currentProcess(), pid: spawnSync('true').pid, startTime: '1', token: 't', purpose: 'p' };
    writeFileSync(folder.at('lock'), JSON.stringify(gone));
    expect(await withoutLinks(async () => isHeld(await acquireLock(folder.at('lock'), 'q')))).toBe(true);
    expect(lockHolder(folder.at('lock'))?.purpose).toBe('q');
    expect(readdirSync(folder.path)).toEqual(['lock']);
  });

  it('is held already by whoever is making it', async () => {
    let seen: LockHolder | undefined;
    await whenHalfMade(
      () => (seen = lockHolder(folder.at('lock'))),
      async () => {
        expect(isHeld(await acquireLock(folder.at('lock'), 'p'))).toBe(true);
      },
    );
    expect(seen).toMatchObject({ pid: 0, purpose: 'a lock that cannot be read' });
    expect(isHolderGone(seen as LockHolder)).toBe(false);
  });

  it('stays with whoever was making it when somebody took it for a stale one', async () => {
    const gone = { ...currentProcess(), pid: spawnSync('true').pid, startTime: '1', token: 't', purpose: 'p' };
    writeFileSync(folder.at('lock'), JSON.stringify(gone));
    const renameSync = fs.renameSync.bind(fs);
    // Between the reading and the moving, another one takes the stale lock over and has not written his yet.
    fs.renameSync = (from, to) => {
      if (from === folder.at('lock')) writeFileSync(from, '');
      renameSync(from, to);
    };
    syncBuiltinESMExports();
    try {
      await withoutLinks(async () => {
        expect(isHeld(await acquireLock(folder.at('lock'), 'q'))).toBe(false);
      });
    } finally {
      fs.renameSync = renameSync;
      syncBuiltinESMExports();
    }
    expect(readdirSync(folder.path)).toEqual(['lock']);
    expect(readFileSync(folder.at('lock'), 'utf8')).toBe('');
  });

  it('leaves nothing in its place where it could not be written whole', async () => {
    const fsyncSync = fs.fsyncSync.bind(fs);
    await whenHalfMade(
      () => {
        fs.fsyncSync = () => {
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        };
        syncBuiltinESMExports();
      },
      async () => {
        await expect(acquireLock(folder.at('lock'), 'p')).rejects.toMatchObject({ code: 'ENOSPC' });
      },
    ).finally(() => {
      fs.fsyncSync = fsyncSync;
      syncBuiltinESMExports();
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

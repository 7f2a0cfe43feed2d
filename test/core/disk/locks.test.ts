import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLockHolder, lockFile } from '../../../core/disk/locks/file-lock.ts';
import { withGate } from '../../../core/disk/locks/gate.ts';
import { encodeHolder, newHolder } from '../../../core/disk/locks/lock-holder.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const reason = { purpose: 'test' };
let folder: TempFolder;
let file: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = makeTempFolder();
  file = folder.at('disk.vmdk');
  writeFileSync(file, '');
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  folder.remove();
});

/** Another process that tries for the lock; resolves with its first line. */
async function otherProcess(kind: string): Promise<{ child: ChildProcess; line: string }> {
  const script = resolve(import.meta.dirname, '../../support/lock-holder-process.ts');
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, file, kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [data] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, line: data.toString().trim() };
}

describe('locks', () => {
  it('[L1] many readers, or one writer', async () => {
    const first = await lockFile(file, 'reader', reason);
    const second = await lockFile(file, 'reader', reason);
    await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { holder: { pid: process.pid, purpose: 'test' } },
    });
    await first?.release();
    await second?.release();
    const writer = await lockFile(file, 'writer', { purpose: 'running', machineName: 'W98' });
    await expect(lockFile(file, 'reader', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { holder: { machineName: 'W98' } },
    });
    await writer?.release();
    expect(existsSync(`${file}.lck`)).toBe(false);
  });

  it('[L6] what could not be taken to its end is not held', async () => {
    const openSync = fs.openSync.bind(fs);
    fs.openSync = (path, ...rest) => {
      if (/\.lck\/[0-9a-f]{32}\.json$/.test(String(path))) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
      return openSync(path, ...rest);
    };
    syncBuiltinESMExports();
    try {
      await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({ code: 'disk.io' });
    } finally {
      fs.openSync = openSync;
      syncBuiltinESMExports();
    }
    expect(existsSync(`${file}.lck`)).toBe(false);
    await (await lockFile(file, 'writer', reason))?.release();
  });

  it('[L1] a lowered writer lets readers in and stays one of them', async () => {
    const writer = await lockFile(file, 'writer', reason);
    await writer?.lower();
    const reader = await lockFile(file, 'reader', reason);
    await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({ code: 'disk.locked' });
    await reader?.release();
    await writer?.release();
    await writer?.release();
  });

  it('[L2] the lock of another living process is respected, that of a killed one is swept away', async () => {
    const { child, line } = await otherProcess('writer');
    expect(line).toBe('held');
    await expect(lockFile(file, 'reader', reason)).rejects.toMatchObject({
      details: { holder: { pid: child.pid, isStale: false } },
    });
    expect(findLockHolder(file)?.pid).toBe(child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = await lockFile(file, 'writer', reason);
    expect(readdirSync(`${file}.lck`)).toHaveLength(1);
    expect((await otherProcess('reader')).line).toBe('disk.locked');
    await mine?.release();
  });

  it('[L2] a process id that was used again is no holder', async () => {
    const holder = { ...newHolder('writer', 'a'.repeat(32), { purpose: 'old' }), startTime: '1' };
    mkdirSync(`${file}.lck`);
    writeFileSync(join(`${file}.lck`, 'old.json'), encodeHolder(holder));
    await (await lockFile(file, 'writer', reason))?.release();
  });

  it('[L2] a holder of an earlier boot on a local file system is gone; one on another host is asked about', async () => {
    const holder = newHolder('writer', 'a'.repeat(32), { purpose: 'running' });
    const path = join(`${file}.lck`, 'old.json');
    mkdirSync(`${file}.lck`);
    writeFileSync(path, encodeHolder({ ...holder, bootId: 'earlier' }));
    await (await lockFile(file, 'writer', reason))?.release();

    mkdirSync(`${file}.lck`);
    writeFileSync(path, encodeHolder({ ...holder, machineId: 'other', host: 'attic' }));
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(path, longAgo, longAgo);
    await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({
      details: { holder: { host: 'attic', isStale: true } },
    });
  });

  it('[L3] a broken lock is noticed by its holder', async () => {
    const writer = await lockFile(file, 'writer', reason);
    writer?.prove();
    const [name = ''] = readdirSync(`${file}.lck`);
    (await import('node:fs')).unlinkSync(join(`${file}.lck`, name));
    expect(() => writer?.prove()).toThrow(expect.objectContaining({ code: 'disk.io' }));
    await writer?.release();
  });

  it('[L4] a gate that a dead process left is opened, one of a living process is waited for', async () => {
    mkdirSync(join(`${file}.lck`, 'gate'), { recursive: true });
    const dead = { ...newHolder('writer', 'a'.repeat(32), { purpose: 'lock' }), pid: 2 ** 22 + 1 };
    writeFileSync(join(`${file}.lck`, 'gate', 'x.json'), encodeHolder(dead));
    let isInside = false;
    const times: boolean[] = [];
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withGate(file, () => {
          times.push(isInside);
          isInside = true;
          isInside = false;
        }),
      ),
    );
    expect(times).toEqual(new Array(8).fill(false));
    expect(existsSync(`${file}.lck`)).toBe(false);
  });

  it('[L1] of many processes that try at once exactly one becomes the writer', async () => {
    const tries = await Promise.all(Array.from({ length: 4 }, () => otherProcess('writer')));
    expect(tries.map(({ line }) => line).sort()).toEqual(['disk.locked', 'disk.locked', 'disk.locked', 'held']);
  });

  it('[L5] a folder that does not exist is said so', async () => {
    await expect(lockFile(folder.at('nowhere', 'disk.vmdk'), 'reader', reason)).rejects.toMatchObject({
      code: 'disk.not-found',
    });
  });
});

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breakLock } from '../../../core/disk/locks/break-lock.ts';
import { lockFile } from '../../../core/disk/locks/file-lock.ts';
import { encodeHolder, newHolder, type LockHolder } from '../../../core/disk/locks/lock-holder.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { contentOf, makeBase, mib, write } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const reason = { purpose: 'test' };
const quickly = { watchMs: 20 };
const hourAgo = new Date(1000 * Math.floor(Date.now() / 1000 - 3600));
let folder: TempFolder;
let file: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = makeTempFolder();
  file = folder.at('disk.vmdk');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  vi.useRealTimers();
  folder.remove();
});

/** Somebody else's entry in the lock folder; returns its path. */
function putHolder(changes: Partial<LockHolder>, seenAt = new Date()): string {
  const holder = { ...newHolder('writer', 'a'.repeat(32), { purpose: 'running' }), ...changes };
  mkdirSync(`${file}.lck`, { recursive: true });
  const path = join(`${file}.lck`, `${holder.token}.json`);
  writeFileSync(path, encodeHolder(holder));
  utimesSync(path, seenAt, seenAt);
  return path;
}

const elsewhere = { machineId: 'other', bootId: '', host: 'attic' };

describe('breaking a lock', () => {
  it('[L8] is for one that is silent, and for that very one', async () => {
    putHolder(elsewhere, hourAgo);
    const refusal = await lockFile(file, 'writer', reason).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'disk.locked',
      details: { token: 'a'.repeat(32), holder: { isStale: true, host: 'attic', seenAt: hourAgo.getTime() } },
    });
    await breakLock(file, 'b'.repeat(32), quickly);
    expect(readdirSync(`${file}.lck`)).toEqual([`${'a'.repeat(32)}.json`]);
    await breakLock(file, 'a'.repeat(32), quickly);
    expect(readdirSync(folder.path)).toEqual([]);
    await breakLock(file, 'a'.repeat(32), quickly);
  });

  it('[L8] is refused while the holder gives signs of life, whatever its clock says', async () => {
    const path = putHolder(elsewhere);
    await expect(breakLock(file, 'a'.repeat(32), quickly)).rejects.toMatchObject({ code: 'disk.locked' });
    utimesSync(path, hourAgo, hourAgo);
    const breaking = breakLock(file, 'a'.repeat(32), { watchMs: 200 });
    setTimeout(() => {
      // A heartbeat by a clock that is an hour behind.
      utimesSync(path, hourAgo, new Date(hourAgo.getTime() + 10_000));
    }, 50);
    await expect(breaking).rejects.toMatchObject({ code: 'disk.locked' });
    expect(readdirSync(`${file}.lck`)).toEqual([`${'a'.repeat(32)}.json`]);
  });

  it('[L8] opens a gate that another host has left shut', async () => {
    mkdirSync(join(`${file}.lck`, 'gate'), { recursive: true });
    const holder = { ...newHolder('writer', 'c'.repeat(16), { purpose: 'changing the locks' }), ...elsewhere };
    const path = join(`${file}.lck`, 'gate', `${'c'.repeat(16)}.json`);
    writeFileSync(path, encodeHolder(holder));
    utimesSync(path, hourAgo, hourAgo);
    await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { token: 'c'.repeat(16), holder: { isStale: true } },
    });
    await breakLock(file, 'c'.repeat(16), quickly);
    await (await lockFile(file, 'writer', reason))?.release();
    expect(readdirSync(folder.path)).toEqual([]);
  }, 20_000);

  it('[L8] that was cut off still stands for its holder', async () => {
    const path = putHolder(elsewhere, hourAgo);
    renameSync(path, `${path}.broken`);
    await expect(lockFile(file, 'reader', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { token: 'a'.repeat(32) },
    });
    await breakLock(file, 'a'.repeat(32), quickly);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('entries that are none', () => {
  it.each([
    ['empty', ''],
    ['cut off', '{"redoubt":1,"pid":'],
    ['no object', '[1]'],
    ['another program’s', '{"pid":1}'],
    [
      'speaking to terminals',
      JSON.stringify({ ...newHolder('writer', 't', { purpose: 'x' }), host: '\u001b[2Jattic' }),
    ],
    ['endless', 'x'.repeat(100_000)],
    ['long-winded', JSON.stringify({ ...newHolder('writer', 't', { purpose: 'x' }), purpose: 'p'.repeat(5000) })],
  ])('[L7] one that is %s counts as a holder without a name', async (_, text) => {
    mkdirSync(`${file}.lck`);
    const path = join(`${file}.lck`, 'odd.json');
    writeFileSync(path, text);
    await expect(lockFile(file, 'reader', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { file, token: 'odd' },
    });
    // Its writer may be on a host that we don't know of; only what this computer's last life left is swept away.
    utimesSync(path, hourAgo, hourAgo);
    await breakLock(file, 'odd', quickly);
    await (await lockFile(file, 'writer', reason))?.release();
    writeFileSync(folder.at('probe'), '');
    mkdirSync(`${file}.lck`);
    writeFileSync(path, text);
    utimesSync(path, new Date(0), new Date(1000));
    await (await lockFile(file, 'writer', reason))?.release();
    expect(readdirSync(folder.path)).toEqual(['probe']);
  });

  it('[L7] what crashes left is cleared away', async () => {
    mkdirSync(join(`${file}.lck`, 'gate-0011'), { recursive: true });
    writeFileSync(join(`${file}.lck`, 'gate-0011', 'x.json'), '');
    writeFileSync(join(`${file}.lck`, 'y.json.new'), '');
    await (await lockFile(file, 'writer', reason))?.release();
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('a writer whose lock is broken', () => {
  it('[L3] notices when its folder was carried off, by its next two heartbeats', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = await lockFile(file, 'writer', reason);
    renameSync(`${file}.lck`, folder.at('aside'));
    vi.advanceTimersByTime(10_000);
    lock?.prove();
    vi.advanceTimersByTime(10_000);
    expect(() => lock?.prove()).toThrow(expect.objectContaining({ code: 'disk.io' }));
    await lock?.release();
  });

  it('[L3] notices when its entry was replaced', async () => {
    const lock = await lockFile(file, 'writer', reason);
    const [name = ''] = readdirSync(`${file}.lck`);
    writeFileSync(folder.at('other'), encodeHolder(newHolder('writer', 'b'.repeat(32), { purpose: 'other' })));
    renameSync(folder.at('other'), join(`${file}.lck`, name));
    expect(() => lock?.prove()).toThrow(expect.objectContaining({ code: 'disk.io' }));
    await lock?.release();
  });

  it('[L3] writes nothing over the work of its successor, another process', async () => {
    await makeBase(file, { capacityBytes: 64 * mib });
    const child = fork(resolve(import.meta.dirname, '../../support/writer-process.ts'), [file], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    });
    children.push(child);
    const answer = async (command: string) => {
      child.send(command);
      return ((await once(child, 'message')) as [string])[0];
    };
    await once(child, 'message');
    expect(await answer('write 0 1')).toBe('ok');
    // It falls silent, and the user breaks its lock.
    child.kill('SIGSTOP');
    const [name = ''] = readdirSync(`${file}.lck`);
    utimesSync(join(`${file}.lck`, name), hourAgo, hourAgo);
    await breakLock(file, name.replace('.json', ''), quickly);
    const session = await openDiskSession({ file, mode: 'persistent' });
    await write(session.device, 32 * mib, 7, 4096);
    await session.close();
    const content = await contentOf(file);
    // Time goes by for the sleeper too; not even data may land where the successor has put his.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    child.kill('SIGCONT');
    expect(await answer('write 1048576 2')).toMatch(/^disk\.io ELOCKBROKEN/);
    expect(await answer('write 0 3')).toMatch(/^disk\.io /);
    expect(await contentOf(file)).toBe(content);
    rmSync(`${file}.lck`, { recursive: true, force: true });
  }, 20_000);
});

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { findLockHolder, lockFile } from '../../../core/disk/locks/file-lock.ts';
import { decodeNote, encodeNote } from '../../../core/disk/locks/holder-note.ts';
import { newHolder } from '../../../core/disk/locks/lock-holder.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { makeBase, makeLog, mib, write } from '../../support/disk-kit.ts';
import { mountExt4, type SmallFileSystem } from '../../support/small-file-system.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const reason = { purpose: 'test' };
let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

describe('a note in the place of a lock', () => {
  it('[L6] fits into an inode and names the process', () => {
    const me = newHolder('writer', 'a'.repeat(32), { purpose: 'test' });
    expect(encodeNote({ ...me, pid: 4294967295, startTime: '9'.repeat(15) }).length).toBeLessThan(60);
    const { kind, pid, startTime, bootId, machineId, pidNamespace } = me;
    expect(decodeNote(encodeNote(me))).toMatchObject({ kind, pid, startTime, bootId, machineId, pidNamespace });
    const other = decodeNote(encodeNote({ ...me, kind: 'reader', bootId: 'other', machineId: 'attic' }));
    expect(other).toMatchObject({ kind: 'reader', pid });
    expect([other?.bootId, other?.machineId]).not.toContain(bootId);
    expect(other?.machineId).not.toBe(machineId);
  });

  it.each(['', 'disk.vmdk', 'rl1:w:0:1:0000000000:0000000000:00000000', '/etc/passwd', 'rl1:w'])(
    '[L7] %j is none, and is respected',
    async (text) => {
      if (text !== '') {
        expect(decodeNote(text)).toBeUndefined();
        symlinkSync(text, folder.at('disk.vmdk.lck'));
      } else {
        writeFileSync(folder.at('disk.vmdk.lck'), '');
      }
      for (const kind of ['writer', 'reader'] as const)
        await expect(lockFile(folder.at('disk.vmdk'), kind, reason)).rejects.toMatchObject({ code: 'disk.locked' });
      expect(lstatSync(folder.at('disk.vmdk.lck'), { throwIfNoEntry: false })).toBeDefined();
    },
  );

  it('[L2] of a process that is gone is swept away', async () => {
    const dead = { ...newHolder('writer', 'a'.repeat(32), { purpose: 'test' }), pid: 2 ** 22 + 1 };
    symlinkSync(encodeNote(dead), folder.at('disk.vmdk.lck'));
    expect(findLockHolder(folder.at('disk.vmdk'))).toBeUndefined();
    const lock = await lockFile(folder.at('disk.vmdk'), 'writer', reason);
    expect(lstatSync(folder.at('disk.vmdk.lck')).isDirectory()).toBe(true);
    await lock?.release();
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('a file system without a free block', () => {
  let mounted: SmallFileSystem | undefined;
  let children: ChildProcess[];
  beforeEach(() => {
    children = [];
    mounted = mountExt4(folder.path, 16 * mib);
  });
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    mounted?.unmount();
  });

  function need(test: TestContext): SmallFileSystem {
    if (mounted === undefined) test.skip('no file system can be mounted here');
    return mounted;
  }

  function expectFull(path: string): void {
    expect(() => {
      mkdirSync(`${path}/probe`);
    }).toThrow(/ENOSPC/);
  }

  async function otherProcess(file: string, kind: string): Promise<{ child: ChildProcess; line: string }> {
    const script = resolve(import.meta.dirname, '../../support/lock-holder-process.ts');
    const args = ['--import', import.meta.resolve('tsx'), script, file, kind];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [data] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return { child, line: data.toString().trim() };
  }

  it('[L6] a redo log can be discarded', async (test) => {
    const small = need(test);
    const { path } = small;
    const base = await makeBase(`${path}/disk.vmdk`);
    const log = await makeLog(base);
    small.fill();
    expectFull(path);
    await discardRedoLog({ redo: log });
    expect(readdirSync(path).sort()).toEqual(['ballast', 'disk.vmdk', 'lost+found']);
  });

  it('[L6] a redo log that a killed process had locked can be discarded', async (test) => {
    const small = need(test);
    const { path } = small;
    const base = await makeBase(`${path}/disk.vmdk`);
    const log = await makeLog(base);
    const { child } = await otherProcess(log, 'writer');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(`${log}.lck`)).toBe(true);
    small.fill();
    expectFull(path);
    await discardRedoLog({ redo: log });
    expect(readdirSync(path).sort()).toEqual(['ballast', 'disk.vmdk', 'lost+found']);
  });

  it('[L6] a commit says that there is no room, and leaves no lock', async (test) => {
    const small = need(test);
    const { path } = small;
    const base = await makeBase(`${path}/disk.vmdk`);
    const log = await makeLog(base);
    small.fill();
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.no-space' });
    expect(readdirSync(path).filter((name) => name.endsWith('.lck'))).toEqual([]);
    rmSync(`${path}/ballast`);
    await commitRedoLog({ redo: log });
  });

  it('[L1] one writer is still one, across processes', async (test) => {
    const small = need(test);
    const { path } = small;
    const file = `${path}/disk.vmdk`;
    small.fill();
    const tries = await Promise.all(Array.from({ length: 4 }, () => otherProcess(file, 'writer')));
    expect(tries.map(({ line }) => line).sort()).toEqual(['disk.locked', 'disk.locked', 'disk.locked', 'held']);
    const holder = tries.find(({ line }) => line === 'held')?.child;
    expect(decodeNote(readlinkSync(`${file}.lck`))).toMatchObject({ pid: holder?.pid });
    // Room or not: the note is respected.
    rmSync(`${path}/ballast`);
    await expect(lockFile(file, 'reader', reason)).rejects.toMatchObject({
      code: 'disk.locked',
      details: { holder: { pid: holder?.pid } },
    });
    holder?.stdin?.write('\n');
    if (holder !== undefined) await once(holder, 'exit');
    expect(readdirSync(path)).toEqual(['lost+found']);
  });

  it('[L1] a writer without room is lowered to a reader, and notices when its note is gone', async (test) => {
    const small = need(test);
    const { path } = small;
    const file = `${path}/disk.vmdk`;
    small.fill();
    const lock = await lockFile(file, 'writer', reason);
    lock?.prove();
    await lock?.lower();
    expect(decodeNote(readlinkSync(`${file}.lck`))).toMatchObject({ kind: 'reader' });
    expect(await lockFile(file, 'reader', reason)).toBeUndefined();
    await expect(lockFile(file, 'writer', reason)).rejects.toMatchObject({ code: 'disk.locked' });
    rmSync(`${file}.lck`);
    expect(() => lock?.prove()).toThrow(expect.objectContaining({ code: 'disk.io' }));
    await lock?.release();
  });

  it('[L5] a base is shared although no lock finds room, unless somebody writes it', async (test) => {
    const small = need(test);
    const { path } = small;
    const base = await makeBase(`${path}/disk.vmdk`);
    const log = await makeLog(base, { directory: folder.path });
    small.fill();
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await write(session.device, 0, 1);
    await session.close();
    const { child } = await otherProcess(base, 'writer');
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject({
      code: 'disk.locked',
      details: { holder: { pid: child.pid } },
    });
    execFileSync('rm', [`${path}/ballast`]);
  });
});

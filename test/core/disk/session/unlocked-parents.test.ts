import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { shrinkDisk } from '../../../../core/disk/shrink/shrink-disk.ts';
import { inSession, makeBase, makeLog, read, write, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** The same folder a second time, read-only, or `false` where that isn't permitted. */
function mountReadOnly(folder: string, place: string): boolean {
  try {
    execFileSync('mount', ['--bind', folder, place], { stdio: 'ignore' });
  } catch {
    return false;
  }
  execFileSync('mount', ['-o', 'remount,bind,ro', place], { stdio: 'ignore' });
  return true;
}

describe('a base on a share that is read-only here', () => {
  let folder: TempFolder;
  let original: string;
  let shared: string;
  let log: string;
  let isMounted: boolean;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    folder = makeTempFolder();
    for (const name of ['server', 'share', 'logs']) mkdirSync(folder.at(name));
    original = await makeBase(folder.at('server', 'disk.vmdk'));
    shared = folder.at('share', 'disk.vmdk');
    isMounted = mountReadOnly(folder.at('server'), folder.at('share'));
    if (isMounted) log = await makeLog(shared, { directory: folder.at('logs') });
  });
  afterEach(() => {
    vi.useRealTimers();
    if (isMounted) execFileSync('umount', [folder.at('share')]);
    folder.remove();
  });

  it('[L10] is used without a lock, and a change of it ends the session', async (test) => {
    if (!isMounted) test.skip('nothing can be mounted here');
    const session = await openDiskSession({ file: shared, mode: 'undoable', redo: log });
    await write(session.device, 0, 1);
    vi.advanceTimersByTime(60_000);
    expect(session.problem).toBeUndefined();
    expect((await read(session.device, 0, 1))[0]).toBe(1);
    // Out of sight for a while is no change.
    renameSync(original, `${original}.aside`);
    vi.advanceTimersByTime(10_000);
    renameSync(`${original}.aside`, original);
    expect(session.problem).toBeUndefined();
    // On the server nobody knows of us.
    await writeDisk(original, undefined, [[2 ** 20, 9]]);
    vi.advanceTimersByTime(10_000);
    expect(session.problem).toMatchObject({ code: 'disk.parent-changed', details: { file: log, parent: shared } });
    await expect(read(session.device, 2 ** 20, 1)).rejects.toMatchObject({ code: 'disk.parent-changed' });
    await expect(write(session.device, 0, 2)).rejects.toMatchObject({ code: 'disk.parent-changed' });
    // What was written before is kept.
    await session.close();
    expect(readLinkHead(log).state.isClean).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('[L10] shrinking is a change: what was there a moment ago lies elsewhere', async (test) => {
    if (!isMounted) test.skip('nothing can be mounted here');
    const holes = await makeBase(folder.at('server', 'holes.vmdk'));
    await inSession({ file: holes, mode: 'persistent' }, async (device) => {
      await write(device, 0, 1, 2 ** 20);
      await write(device, 2 ** 21, 2, 2 ** 20);
      await device.discard(0, 2 ** 20);
    });
    const over = await makeLog(folder.at('share', 'holes.vmdk'), { directory: folder.at('logs') });
    const session = await openDiskSession({ file: folder.at('share', 'holes.vmdk'), mode: 'undoable', redo: over });
    vi.advanceTimersByTime(60_000);
    expect(session.problem).toBeUndefined();
    await shrinkDisk({ file: holes });
    vi.advanceTimersByTime(10_000);
    expect(session.problem).toMatchObject({ code: 'disk.parent-changed' });
    await session.close();
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MIB } from '../../../core/base/units.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { UnlockedParents } from '../../../core/disk/session/unlocked-parents.ts';
import { inSession, read, write } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

/** A loop device over a file, where this user may make one. */
function makeDevice(image: string): string | undefined {
  try {
    return execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

const probe = makeTempFolder();
writeFileSync(probe.at('image'), Buffer.alloc(MIB));
const probed = makeDevice(probe.at('image'));
if (probed === undefined) console.warn('skipped: no loop device can be made here');
else execFileSync('losetup', ['--detach', probed]);
probe.remove();

describe.skipIf(probed === undefined)('block devices', () => {
  const sizeBytes = 4 * MIB;
  let folder: TempFolder;
  let device: string;

  beforeEach(() => {
    folder = makeTempFolder();
    writeFileSync(folder.at('image'), Buffer.alloc(sizeBytes, 3));
    device = makeDevice(folder.at('image')) ?? '';
  });

  afterEach(() => {
    // The next device may have its name.
    rmSync(`${device}.children`, { force: true });
    execFileSync('losetup', ['--detach', device]);
    folder.remove();
  });

  it('[X6] are raw disks, read and written, with nothing beside them', async () => {
    expect((await inspectChain(device, { trustedPaths: [device] })).links).toMatchObject([
      { format: 'raw', capacityBytes: sizeBytes, role: 'base' },
    ]);
    await inSession({ file: device, mode: 'persistent' }, async (disk) => {
      expect((await read(disk, sizeBytes - 512, 512)).every((byte) => byte === 3)).toBe(true);
      await write(disk, 12_345, 4, 100_000);
      await disk.flush();
    });
    execFileSync('sync');
    expect(readFileSync(folder.at('image'))[50_000]).toBe(4);
    expect(existsSync(`${device}.redoubt`)).toBe(false);
  });

  it('[X6] have redo logs that know them by their content', async () => {
    const context = { trustedPaths: [device], settingsDirectory: folder.at('settings') };
    const { file: redo } = await createRedoLog({
      parent: device,
      directory: folder.path,
      randomSuffix: true,
      context,
    });
    await inSession({ file: device, redo, mode: 'undoable', context }, (disk) => write(disk, 0, 9, 10_000));
    expect((await inspectChain(redo, context)).links).toHaveLength(2);
    expect(existsSync(`${device}.children`)).toBe(false);
    await expect(commitRedoLog({ redo, context })).rejects.toMatchObject({ code: 'disk.unsupported' });
    await inSession({ file: device, mode: 'persistent' }, (disk) => write(disk, 0, 7, 2 * MIB));
    await expect(inspectChain(redo, context)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('[L10] are seen to change where they could not be locked', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const problems: string[] = [];
    const watch = new UnlockedParents('log', [readLinkHead(device)], ({ code }) => {
      problems.push(code);
    });
    try {
      vi.advanceTimersByTime(30_000);
      expect(problems).toEqual([]);
      writeFileSync(device, Buffer.alloc(MIB, 5), { flag: 'r+' });
      vi.advanceTimersByTime(10_000);
      expect(problems).toEqual(['disk.parent-changed']);
    } finally {
      watch.stop();
      vi.useRealTimers();
    }
  });

  it('[P6] are opened as parents only if they were approved', async () => {
    const context = { trustedPaths: [device], settingsDirectory: folder.at('settings') };
    const { file: redo } = await createRedoLog({ parent: device, directory: folder.path, randomSuffix: true, context });
    await inspectChain(redo, { settingsDirectory: folder.at('settings') });
    const elsewhere = { settingsDirectory: folder.at('other settings') };
    await expect(inspectChain(redo, elsewhere)).rejects.toMatchObject({
      code: expect.stringMatching(/^disk\./) as string,
    });
    expect(identifyFile(redo).kind).toBe('redo-log');
  });
});

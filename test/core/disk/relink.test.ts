import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostFiles } from '../../../core/disk/files/disk-file.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { parentNames } from '../../../core/disk/parents/parent-check.ts';
import { protectDisk } from '../../../core/disk/protect.ts';
import { recordParent } from '../../../core/disk/parents/record-parent.ts';
import { relinkRedoLog } from '../../../core/disk/relink.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { CrashingFiles } from '../../support/crashing-files.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, writeDisk } from '../../support/disk-kit.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const big = 4 * 2 ** 30;
let folder: TempFolder;
let base: string;
let log: string;
/** The home that all tests of a file share. */
const context = {};
beforeEach(async () => {
  folder = makeTempFolder();
  for (const name of ['bases', 'logs', 'elsewhere']) mkdirSync(folder.at(name));
  base = await makeBase(folder.at('bases', 'disk.vmdk'));
  await writeDisk(base, undefined, [[0, 5]]);
  log = await makeLog(base, { directory: folder.at('logs') });
  await writeDisk(base, log, [[mib, 6]]);
});
afterEach(() => {
  folder.remove();
});

function moved(name = 'renamed.vmdk'): string {
  renameSync(base, folder.at('elsewhere', name));
  return folder.at('elsewhere', name);
}

async function expectRefused(parent: string, code: string, acceptChanged = false): Promise<void> {
  const before = fingerprintFolder(folder.path);
  await expect(relinkRedoLog({ redo: log, parent, acceptChanged, context })).rejects.toMatchObject({ code });
  expect(fingerprintFolder(folder.path)).toEqual(before);
}

describe('relinking', () => {
  it('[P10] hangs a log from its parent where that was moved, and approves it', async () => {
    const content = await contentOf(log);
    const parent = moved();
    await expect(inspectChain(log, context)).rejects.toMatchObject({ code: 'disk.parent-missing' });
    const other = { settingsDirectory: folder.at('other-settings') };
    expect(await relinkRedoLog({ redo: log, parent, context: other })).toEqual({
      file: log,
      parent,
      wasChanged: false,
    });
    const { links } = await inspectChain(log, other);
    expect(links.map((link) => link.path)).toEqual([log, parent]);
    expect(await contentOf(log)).toBe(content);
    expect(JSON.parse(readFileSync(`${parent}.children`, 'utf8'))).toMatchObject({ children: [{ path: log }] });
    expect(existsSync(`${log}.lck`)).toBe(false);
  });

  it.each(['log', 'parent'])('[L3] records nothing once the lock of the %s is broken', async (which) => {
    const parent = moved();
    const breaking = {
      ...hostFiles,
      open: (path: string, isWritable: boolean) => {
        rmSync(`${which === 'log' ? log : parent}.lck`, { recursive: true, force: true });
        return hostFiles.open(path, isWritable);
      },
    };
    const before = readFileSync(log);
    const request = { redo: log, parent, context: { ...context, files: breaking } };
    await expect(relinkRedoLog(request)).rejects.toMatchObject({ code: 'disk.io' });
    expect(readFileSync(log).equals(before)).toBe(true);
    expect(existsSync(`${parent}.children`)).toBe(false);
  });

  it('[P10] moves the log from the list of its former parent to that of the new one', async () => {
    copyFileSync(base, folder.at('elsewhere', 'copy.vmdk'));
    expect(existsSync(`${base}.children`)).toBe(true);
    // A copy has the same ids: it is as good as the original.
    await relinkRedoLog({ redo: log, parent: folder.at('elsewhere', 'copy.vmdk'), context });
    expect(existsSync(`${base}.children`)).toBe(false);
    expect((await inspectChain(log, context)).links[1]?.path).toBe(folder.at('elsewhere', 'copy.vmdk'));
    // Back again, by a symbolic link: the real path is what is recorded.
    symlinkSync(base, folder.at('elsewhere', 'link.vmdk'));
    expect((await relinkRedoLog({ redo: log, parent: folder.at('elsewhere', 'link.vmdk'), context })).parent).toBe(
      base,
    );
    expect(existsSync(folder.at('elsewhere', 'copy.vmdk.children'))).toBe(false);
  });

  it('[P10] works on every file of a log', async () => {
    const large = await makeBase(folder.at('bases', 'large.vmdk'), { capacityBytes: big });
    const redo = await makeLog(large);
    for (const name of ['large.vmdk', 'large-02.vmdk', 'large-03.vmdk'])
      renameSync(folder.at('bases', name), folder.at('elsewhere', name));
    await relinkRedoLog({ redo, parent: folder.at('elsewhere', 'large.vmdk'), context });
    expect((await inspectChain(redo, context)).links[1]?.files).toHaveLength(3);
  });

  it('[P10] is refused without proof, and changes nothing then', async () => {
    const stranger = await makeBase(folder.at('elsewhere', 'stranger.vmdk'));
    await expectRefused(stranger, 'disk.parent-changed');
    await expectRefused(
      await makeBase(folder.at('elsewhere', 'large.vmdk'), { capacityBytes: 9 * mib }),
      'disk.capacity-mismatch',
      true,
    );
    await expectRefused(log, 'disk.loop', true);
    await expectRefused(folder.at('elsewhere', 'nothing.vmdk'), 'disk.not-found');
    writeFileSync(folder.at('elsewhere', 'text.vmdk'), 'no disk');
    await expectRefused(folder.at('elsewhere', 'text.vmdk'), 'disk.not-a-disk');
    await expect(relinkRedoLog({ redo: base, parent: stranger, context })).rejects.toMatchObject({
      code: 'disk.not-a-redo-log',
    });
    await writeDisk(base, undefined, [[0, 9]]);
    await expectRefused(base, 'disk.parent-changed');
  });

  it('[P10] is refused where the log would be its own ancestor', async () => {
    const nested = await makeLog(log);
    await expectRefused(nested, 'disk.loop', true);
  });

  it('[P10] with a changed parent is a second word of the user’s', async () => {
    await writeDisk(base, undefined, [[2 * mib, 9]]);
    await expectRefused(base, 'disk.parent-changed');
    expect(await relinkRedoLog({ redo: log, parent: base, acceptChanged: true, context })).toMatchObject({
      wasChanged: true,
    });
    expect((await inspectChain(log, context)).links).toHaveLength(2);
    // It is a proof again from now on.
    await writeDisk(base, undefined, [[3 * mib, 9]]);
    await expectRefused(base, 'disk.parent-changed');
  });

  it('[P10] waits for nobody: a log in use, and a parent that is being written, are refused', async () => {
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log, context });
    await expect(relinkRedoLog({ redo: log, parent: base, context })).rejects.toMatchObject({ code: 'disk.locked' });
    await session.close();
    const writer = await openDiskSession({ file: base, mode: 'persistent', context });
    await expect(relinkRedoLog({ redo: log, parent: base, context })).rejects.toMatchObject({ code: 'disk.locked' });
    await writer.close();
    await protectDisk(log);
    await expect(relinkRedoLog({ redo: log, parent: base, context })).rejects.toMatchObject({ code: 'disk.read-only' });
  });

  it('[P11] that a crash cuts off leaves the log where it was or where it is wanted', async () => {
    const large = await makeBase(folder.at('bases', 'großes.vmdk'), { capacityBytes: big });
    const redo = await makeLog(large);
    const content = (await inspectChain(redo, context)).links[1]?.contentId;
    // Long, and not of single bytes: the path goes over the border of a sector.
    const place = folder.at('elsewhere', 'ü'.repeat(100), 'ö'.repeat(100), 'ä'.repeat(60));
    mkdirSync(place, { recursive: true });
    for (const name of ['großes.vmdk', 'großes-02.vmdk', 'großes-03.vmdk'])
      copyFileSync(folder.at('bases', name), `${place}/${name}`);
    const target = `${place}/großes.vmdk`;
    await relinkRedoLog({ redo, parent: large, context });
    const { files, format } = readLinkHead(redo);
    const originals = files.map((path) => readFileSync(path));
    const names = parentNames(redo, target);
    const state = readLinkHead(target).state;
    const parent = { generation: state.generation, contentId: state.record?.contentId };
    const trust = { ...context, trustedPaths: [target] };
    const seen = { old: 0, new: 0 };
    let writes = Infinity;
    for (let cut = 0; cut < writes; cut++) {
      for (let seed = 0; seed < 8; seed++) {
        const memory = new CrashingFiles();
        for (const [index, path] of files.entries()) {
          const file = memory.create(path);
          file.write(0, [originals[index] as Buffer]);
          file.syncNow();
        }
        memory.events.length = 0;
        let count = 0;
        memory.fault = ({ does }) => {
          if (does === 'write' && count++ === cut) throw new Error('power');
        };
        try {
          recordParent({ format, files }, parent, names, memory);
          writes = count;
        } catch (error) {
          expect((error as Error).message).toBe('power');
        }
        memory.fault = () => undefined;
        memory.crash(new SeededRandom(cut * 100 + seed));
        for (const path of files) writeFileSync(path, contentIn(memory, path));
        const { links } = await inspectChain(redo, trust);
        expect(links[1]?.contentId).toBe(content);
        seen[links[1]?.path === large ? 'old' : 'new']++;
      }
    }
    expect(seen.old).toBeGreaterThan(0);
    expect(seen.new).toBeGreaterThan(0);
    // And where the old one is gone, what is half done is done by asking again.
    rmSync(large);
    await relinkRedoLog({ redo, parent: target, context: trust });
    expect((await inspectChain(redo, trust)).links[1]?.path).toBe(target);
  }, 60_000);

  it('[P11] that a crash cuts off before the headers leaves lists that are only hints', async () => {
    const parent = moved();
    const stop = new Error('stop');
    const real = hostFiles.open.bind(hostFiles);
    const opening = vi.spyOn(hostFiles, 'open').mockImplementation((path, isWritable) => {
      if (isWritable && path === log) throw stop;
      return real(path, isWritable);
    });
    await expect(relinkRedoLog({ redo: log, parent, context })).rejects.toBe(stop);
    opening.mockRestore();
    await relinkRedoLog({ redo: log, parent, context });
    expect((await inspectChain(log, context)).links).toHaveLength(2);
  });
});

function contentIn(memory: CrashingFiles, path: string): Buffer {
  const file = memory.open(path, false);
  const bytes = Buffer.alloc(file.lengthBytes());
  file.read(0, bytes);
  file.close();
  return bytes;
}

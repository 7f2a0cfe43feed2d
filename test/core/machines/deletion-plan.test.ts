import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Home } from '../../../core/base/home.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { approveFile } from '../../../core/disk/parents/approvals.ts';
import { readChildren } from '../../../core/disk/parents/children-list.ts';
import { findDependents } from '../../../core/disk/parents/dependents.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { deleteMachineFiles, planDeletion } from '../../../core/machines/deletion-plan.ts';
import { Library, newMachineId, type LibraryEntry } from '../../../core/machines/library.ts';
import { contentOf, makeBase, makeLog, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let library: Library;
let home: Home;
beforeEach(() => {
  folder = makeTempFolder();
  home = {
    machinesDirectory: folder.path,
    settingsDirectory: folder.at('settings'),
    runDirectory: folder.at('run'),
    logsDirectory: folder.at('logs'),
  };
  library = new Library(home.settingsDirectory);
});
afterEach(() => {
  folder.remove();
});

/** A machine in a folder of its own, on a disk and perhaps a log. */
async function makeMachine(name: string, base: string, mode: string, redo = ''): Promise<string> {
  mkdirSync(folder.at(name), { recursive: true });
  const configPath = folder.at(name, `${name}.vmx`);
  const disk = { present: 'TRUE', fileName: base, mode, redo };
  const lines = Object.entries(disk).map(([key, value]) => `ide0:0.${key} = "${value}"`);
  writeFileSync(configPath, `displayName = "${name}"\n${lines.join('\n')}\n`);
  return (await library.add({ id: newMachineId(), configPath })).id;
}

const codeOf = async (act: () => Promise<unknown>): Promise<string> =>
  await act().then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

async function deletedPaths(id: string): Promise<string[]> {
  return (await planDeletion(library, home, id)).deletes.map(({ path }) => path);
}

describe('a deleted machine', () => {
  it('[D2] leaves nobody hanging from its base, though its folder is gone', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    approveFile(base, home);
    mkdirSync(folder.at('one'));
    const redo = await makeLog(base, { directory: folder.at('one') });
    const id = await makeMachine('one', base, 'undoable', redo);
    expect(readChildren(base)).toHaveLength(1);
    await deleteMachineFiles(library, home, id, await deletedPaths(id));
    expect(existsSync(folder.at('one'))).toBe(false);
    expect(await findDependents(base)).toEqual([]);
  });

  it('leaves no journal of a commit that was interrupted, which would keep the name from a new disk', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const redo = await makeLog(base);
    const id = await makeMachine('one', base, 'undoable', redo);
    const reached = (point: string): void => {
      if (point === 'journal') throw new Error('the host went down');
    };
    await expect(commitRedoLog({ redo }, { reached })).rejects.toThrow('the host went down');
    expect(existsSync(`${base}.commit`)).toBe(true);
    await deleteMachineFiles(library, home, id, await deletedPaths(id));
    expect(existsSync(folder.at('one'))).toBe(false);
  });

  it('[L1] leaves a disk that somebody uses of whom the library knows nothing', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const id = await makeMachine('one', base, 'persistent');
    const files = await deletedPaths(id);
    expect(files).toContain(base);
    const stranger = await openDiskSession({ file: base, mode: 'persistent' });
    expect(await codeOf(() => deleteMachineFiles(library, home, id, files))).toBe('disk.locked');
    expect(files.every((file) => existsSync(file))).toBe(true);
    await stranger.close();
    await deleteMachineFiles(library, home, id, files);
    expect(existsSync(folder.at('one'))).toBe(false);
  });

  it('gives all locks back that can be given back, and says why it was refused', async () => {
    mkdirSync(folder.at('one'));
    const [first, second] = [
      await makeBase(folder.at('one', 'first.vmdk')),
      await makeBase(folder.at('one', 'second.vmdk')),
    ];
    const id = await makeMachine('one', first, 'persistent');
    const more = { present: 'TRUE', fileName: second, mode: 'persistent' };
    const lines = Object.entries(more).map(([key, value]) => `ide0:1.${key} = "${value}"\n`);
    appendFileSync(folder.at('one', 'one.vmx'), lines.join(''));
    /** While the disks are locked somebody puts something else into the place of the first one's lock. */
    class MeddledLibrary extends Library {
      override list(): LibraryEntry[] {
        if (existsSync(`${second}.lck`)) {
          rmSync(`${first}.lck`, { recursive: true });
          writeFileSync(`${first}.lck`, 'no lock');
        }
        return super.list();
      }
    }
    const meddled = new MeddledLibrary(home.settingsDirectory);
    const files = [first, second, folder.at('foreign')];
    expect(await codeOf(() => deleteMachineFiles(meddled, home, id, files))).toBe('api.bad-request');
    expect(readFileSync(`${first}.lck`, 'utf8')).toBe('no lock');
    expect(existsSync(`${second}.lck`)).toBe(false);
  });

  it('leaves disks that a machine may use whose configuration is out of reach', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    await writeDisk(base, undefined, [[0, 7]]);
    const content = await contentOf(base);
    const id = await makeMachine('one', base, 'persistent');
    await makeMachine('away', base, 'undoable');
    renameSync(folder.at('away'), folder.at('unplugged'));
    // What is left where a drive was mounted.
    mkdirSync(folder.at('away'));
    const { deletes, stays } = await planDeletion(library, home, id);
    expect(deletes.map(({ path }) => path)).not.toContain(base);
    expect(stays).toMatchObject([
      { path: base, reason: 'may-be-used', usedBy: [], mayUse: [folder.at('away', 'away.vmx')] },
    ]);
    expect(await codeOf(() => deleteMachineFiles(library, home, id, [base]))).toBe('api.bad-request');
    await deleteMachineFiles(library, home, id, await deletedPaths(id));
    expect(await contentOf(base)).toBe(content);
  });

  it('leaves what its log hangs from where that log is the disk of another machine', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const redo = await makeLog(base);
    await writeDisk(base, redo, [[0, 7]]);
    const content = await contentOf(redo);
    const id = await makeMachine('one', base, 'undoable', redo);
    await makeMachine('two', redo, 'undoable');
    const { deletes, stays } = await planDeletion(library, home, id);
    expect(stays).toMatchObject([
      { path: redo, reason: 'used-by', usedBy: ['two'] },
      { path: base, reason: 'used-by', usedBy: ['two'] },
    ]);
    expect(await codeOf(() => deleteMachineFiles(library, home, id, [base]))).toBe('api.bad-request');
    await deleteMachineFiles(
      library,
      home,
      id,
      deletes.map(({ path }) => path),
    );
    expect(await contentOf(redo)).toBe(content);
  });

  it('leaves a disk from which the log hangs of a machine whose configuration was copied', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const redo = await makeLog(base, { owner: newMachineId() });
    const id = await makeMachine('one', base, 'undoable', redo);
    expect(await deletedPaths(id)).not.toContain(base);
    expect(await codeOf(() => deleteMachineFiles(library, home, id, [base]))).toBe('api.bad-request');
  });

  it('takes its disks along where the folder of another was removed', async () => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const id = await makeMachine('one', base, 'persistent');
    await makeMachine('old', base, 'undoable');
    rmSync(folder.at('old'), { recursive: true });
    expect(await deletedPaths(id)).toContain(base);
  });

  it.each([
    // A folder may be missing because of a drive that is mounted by the name of one above it, or elsewhere.
    ['where drives are mounted', '/media/nobody/stick/old/old.vmx'],
    ['where drives are mounted, as is none now', '/Volumes/stick/old/old.vmx'],
    ['behind a link that leads nowhere', 'link/old/old.vmx'],
  ])('leaves its disks where the missing folder of another lies %s', async (_, place) => {
    mkdirSync(folder.at('one'));
    const base = await makeBase(folder.at('one', 'disk.vmdk'));
    const id = await makeMachine('one', base, 'persistent');
    symlinkSync(folder.at('nowhere'), folder.at('link'));
    await library.add({ id: newMachineId(), configPath: resolve(folder.path, place) });
    expect(await deletedPaths(id)).not.toContain(base);
  });
});

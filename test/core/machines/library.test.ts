import { readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild } from '../../../core/base/child-process.ts';
import { acquireLock, isHeld } from '../../../core/base/lock-file.ts';
import { currentProcess } from '../../../core/base/process-identity.ts';
import { Library, newMachineId } from '../../../core/machines/library.ts';
import { MachineIndex } from '../../../core/machines/machine-index.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

describe('the library', () => {
  let folder: TempFolder;
  beforeEach(() => {
    folder = makeTempFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  it('lists what was added, in order, and nothing twice', async () => {
    const library = new Library(folder.at('settings'));
    expect(library.list()).toEqual([]);
    const first = await library.add({ id: newMachineId(), configPath: '/a.vmx' });
    const second = await library.add({ id: first.id, configPath: '/copy-of-a.vmx' });
    expect(second.id).not.toBe(first.id);
    expect(await library.add({ id: newMachineId(), configPath: '/a.vmx' })).toEqual(first);
    expect(library.list()).toEqual([first, second]);
    await library.remove(first.id);
    expect(library.list()).toEqual([second]);
    expect(() => library.entry(first.id)).toThrow('No machine');
  });

  it('loses nothing when several processes add at the same time', async () => {
    const fixture = new URL('library-adder-fixture.ts', import.meta.url).pathname;
    const adders = await Promise.all(
      ['x', 'y', 'z'].map((name) =>
        startChild(process.execPath, ['--import', import.meta.resolve('tsx'), fixture, folder.path, name]),
      ),
    );
    const exits = await Promise.all(adders.map((adder) => adder.exited));
    expect(exits).toEqual([{ code: 0 }, { code: 0 }, { code: 0 }]);
    expect(new Library(folder.path).list()).toHaveLength(30);
    expect(readdirSync(folder.path)).toEqual(['library.json']);
  });

  it('puts a list that it can not read aside', async () => {
    writeFileSync(folder.at('library.json'), '{"redoubt":');
    const library = new Library(folder.path);
    expect(library.list()).toEqual([]);
    await library.add({ id: newMachineId(), configPath: '/a.vmx' });
    expect(library.list()).toHaveLength(1);
    expect(readdirSync(folder.path).some((name) => name.startsWith('library.json.unreadable-'))).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'leaves a list in its place that can not be read for the moment, and takes nobody for gone meanwhile',
    async () => {
      const library = new Library(folder.path);
      await library.add({ id: newMachineId(), configPath: '/a.vmx' });
      renameSync(folder.at('library.json'), folder.at('away'));
      // There, and every read fails with EIO.
      symlinkSync('/proc/self/mem', folder.at('library.json'));
      await expect(library.add({ id: newMachineId(), configPath: '/b.vmx' })).rejects.toMatchObject({
        code: 'disk.io',
      });
      expect(MachineIndex.read(library).outOfReach).toEqual([folder.at('library.json')]);
      renameSync(folder.at('away'), folder.at('library.json'));
      expect(library.list()).toHaveLength(1);
    },
  );
});

describe('a lock file', () => {
  it('is held by one, waits, and is taken over from a holder that is gone', async () => {
    using folder = makeTempFolder();
    const path = folder.at('lock');
    const first = await acquireLock(path, 'first');
    if (!isHeld(first)) throw new Error('not held');
    expect(await acquireLock(path, 'second')).toMatchObject({ pid: process.pid, purpose: 'first' });
    const waiting = acquireLock(path, 'third', 2000);
    first.release();
    const third = await waiting;
    if (!isHeld(third)) throw new Error('not held');
    third.release();

    for (const gone of [{ pid: 2 ** 22 + 1 }, { startTime: '1' }, { bootId: 'another boot' }]) {
      writeFileSync(path, JSON.stringify({ ...currentProcess(), token: 'old', purpose: 'crashed', ...gone }));
      const taken = await acquireLock(path, 'after the crash');
      if (!isHeld(taken)) throw new Error(`not taken over: ${JSON.stringify(gone)}`);
      taken.release();
    }
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

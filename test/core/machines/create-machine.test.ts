import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewMachine } from '../../../core/api/machines.ts';
import type { Home } from '../../../core/base/home.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { createMachine } from '../../../core/machines/create-machine.ts';
import { Library, type LibraryEntry } from '../../../core/machines/library.ts';
import { makeBase } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let home: Home;
beforeEach(() => {
  folder = makeTempFolder();
  home = {
    machinesDirectory: folder.path,
    settingsDirectory: folder.at('settings'),
    runDirectory: folder.at('run'),
    logsDirectory: folder.at('logs'),
  };
});
afterEach(() => {
  folder.remove();
});

describe.runIf(existsSync('/proc/self/mem'))('a machine whose lock can not be given back', () => {
  /** In the lock's place there is something by then that can't be read. */
  class MeddledLibrary extends Library {
    isFull = false;

    override async add(entry: LibraryEntry): Promise<LibraryEntry> {
      rmSync(`${entry.configPath}.lock`);
      symlinkSync('/proc/self/mem', `${entry.configPath}.lock`);
      if (this.isFull) throw new RedoubtError('disk.no-space', 'full', { file: entry.configPath });
      return await super.add(entry);
    }
  }
  const wanted = (): NewMachine => ({
    name: 'qa',
    directory: folder.at('qa'),
    guestOs: 'other',
    memoryMb: 16,
    bus: 'ide',
    disk: { kind: 'new', fileName: 'qa.vmdk', capacityBytes: 1 << 20, split: false, allocateNow: false },
    mode: 'undoable',
    network: 'none',
    redoLogDir: '',
    backend: 'fake',
  });

  it('is there with its disk if it is listed', async () => {
    const library = new MeddledLibrary(home.settingsDirectory);
    await expect(createMachine(home, library, wanted())).rejects.toMatchObject({ code: 'disk.io' });
    expect(library.list()).toMatchObject([{ configPath: folder.at('qa', 'qa.vmx') }]);
    expect(loadConfiguration(folder.at('qa', 'qa.vmx')).name).toBe('qa');
    expect(existsSync(folder.at('qa', 'qa.vmdk'))).toBe(true);
  });

  it('is unmade if it is not, for the reason that is told', async () => {
    const library = new MeddledLibrary(home.settingsDirectory);
    library.isFull = true;
    await expect(createMachine(home, library, wanted())).rejects.toMatchObject({ code: 'disk.no-space' });
    expect(readdirSync(folder.at('qa'))).toEqual(['qa.vmx.lock']);
  });
});

describe('two machines made at the same time in one place', () => {
  it('are one, and the other is refused', async () => {
    const disk = { kind: 'existing', path: await makeBase(folder.at('disk.vmdk')) } as const;
    const wanted: NewMachine = {
      name: 'twin',
      directory: folder.at('twin'),
      guestOs: 'other',
      memoryMb: 16,
      bus: 'ide',
      disk,
      mode: 'undoable',
      network: 'none',
      redoLogDir: '',
      backend: 'fake',
    };
    const library = new Library(home.settingsDirectory);
    const made = await Promise.allSettled(
      [16, 32].map((memoryMb) => createMachine(home, library, { ...wanted, memoryMb })),
    );
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [entry, ...others] = library.list();
    expect(others).toEqual([]);
    const { uuid, memoryMb } = loadConfiguration(entry?.configPath ?? '');
    expect(uuid).toBe(entry?.id);
    expect(memoryMb).toBe(made[0]?.status === 'fulfilled' ? 16 : 32);
    expect(readdirSync(folder.at('twin'))).toEqual(['twin.vmx']);
  });
});

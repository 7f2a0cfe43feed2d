import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewMachine } from '../../../core/api/machines.ts';
import type { Home } from '../../../core/base/home.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { createMachine } from '../../../core/machines/create-machine.ts';
import { Library } from '../../../core/machines/library.ts';
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

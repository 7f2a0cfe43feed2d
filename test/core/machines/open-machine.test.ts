import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { Library, newMachineId } from '../../../core/machines/library.ts';
import { formatUuid } from '../../../core/machines/machine-configuration.ts';
import { openMachine } from '../../../core/machines/open-machine.ts';
import { keptRedo } from '../../../core/machines/waiting-changes.ts';
import { makeBase, makeLog } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

describe('opening a machine', () => {
  let folder: TempFolder;
  let library: Library;
  let id: string;
  beforeEach(async () => {
    folder = makeTempFolder();
    library = new Library(folder.at('settings'));
    id = newMachineId();
    mkdirSync(folder.at('one'));
    await makeLog(await makeBase(folder.at('one', 'disk.vmdk')), { owner: id });
    const disk = { present: 'TRUE', fileName: 'disk.vmdk', mode: 'undoable', redo: 'disk.vmdk.REDO' };
    const lines = Object.entries(disk).map(([key, value]) => `ide0:0.${key} = "${value}"`);
    writeFileSync(folder.at('one', 'one.vmx'), [`uuid.bios = "${formatUuid(id)}"`, ...lines, ''].join('\n'));
    await openMachine(library, folder.at('one', 'one.vmx'));
    await library.add({ id: newMachineId(), configPath: folder.at('other.vmx') });
  });
  afterEach(() => {
    folder.remove();
  });

  const waitingAt = (configPath: string): (string | undefined)[] => {
    const configuration = loadConfiguration(configPath);
    return configuration.disks.map((disk) => keptRedo(configuration, disk));
  };

  it('whose folder was moved is the same one, with the changes that wait', async () => {
    renameSync(folder.at('one'), folder.at('moved'));
    const configPath = folder.at('moved', 'one.vmx');
    expect(await openMachine(library, configPath)).toBe(id);
    expect(library.list().map((entry) => entry.configPath)).toEqual([configPath, folder.at('other.vmx')]);
    expect(waitingAt(configPath)).toEqual([folder.at('moved', 'disk.vmdk.REDO')]);
  });

  it('whose folder was copied is another one, and the changes are the first one\u2019s', async () => {
    cpSync(folder.at('one'), folder.at('copy'), { recursive: true });
    const configPath = folder.at('copy', 'one.vmx');
    expect(await openMachine(library, configPath)).not.toBe(id);
    expect(library.list()).toHaveLength(3);
    expect(waitingAt(configPath)).toEqual([undefined]);
  });

  it('whose entry may be on a drive that is away is another one', async () => {
    cpSync(folder.at('one'), folder.at('copy'), { recursive: true });
    renameSync(folder.at('one'), folder.at('unplugged'));
    mkdirSync(folder.at('one'));
    expect(await openMachine(library, folder.at('copy', 'one.vmx'))).not.toBe(id);
    expect(library.entry(id).configPath).toBe(folder.at('one', 'one.vmx'));
  });
});

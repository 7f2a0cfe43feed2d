import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { editConfiguration, loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { writeDisk, writeRedo } from '../../../core/machines/devices/disk.ts';
import { saveSettings, settingsOf } from '../../../core/machines/machine-settings.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

it('a name that is saved leaves a disk alone to which the machine goes over at the same time', async () => {
  using folder = makeTempFolder();
  const configPath = folder.at('one.vmx');
  const disk = { present: 'TRUE', fileName: 'disk.vmdk', mode: 'undoable', redo: 'disk.vmdk.REDO' };
  const lines = Object.entries(disk).map(([key, value]) => `ide0:0.${key} = "${value}"`);
  writeFileSync(configPath, ['displayName = "one"', ...lines, ''].join('\n'));
  const read = loadConfiguration(configPath);
  // What a commit into a new copy saves.
  await editConfiguration(configPath, (document) => {
    writeDisk(document, { slot: 'ide0:0', fileName: 'copy.vmdk', mode: 'undoable' });
    writeRedo(document, 'ide0:0', undefined);
  });
  await saveSettings(read, { ...settingsOf(read), name: 'two' }, {});
  const { name, disks } = loadConfiguration(configPath);
  expect([name, disks[0]?.fileName, disks[0]?.redo]).toEqual(['two', 'copy.vmdk', undefined]);
});

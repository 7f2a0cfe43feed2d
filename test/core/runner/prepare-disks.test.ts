import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { acquireLock } from '../../../core/base/lock-file.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { MachineIndex } from '../../../core/machines/machine-index.ts';
import { prepareDisks } from '../../../core/runner/prepare-disks.ts';
import { makeBase, makeLog } from '../../support/disk-kit.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

it('a start that is refused says why, also where its configuration can not be put back', async () => {
  using folder = makeTempFolder();
  const configPath = folder.at('one.vmx');
  await makeLog(await makeBase(folder.at('disk.vmdk')));
  const disk = { present: 'TRUE', fileName: 'disk.vmdk', mode: 'persistent' };
  const lines = Object.entries(disk).map(([key, value]) => `ide0:0.${key} = "${value}"`);
  writeFileSync(configPath, [...lines, ''].join('\n'));
  const configuration = loadConfiguration(configPath);
  await acquireLock(`${configPath}.edit`, 'changing the configuration');
  const subject = { machineId: 'a'.repeat(32), configuration, index: new MachineIndex([]), context: {} };
  await expect(prepareDisks(subject)).rejects.toMatchObject({ code: 'disk.has-dependents' });
});

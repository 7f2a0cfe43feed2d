import { afterEach, beforeEach, expect, it } from 'vitest';
import { inSession, makeBase, mib, read, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

it('requests for nothing are carried out anywhere, also where the disk ends', async () => {
  const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 8 * mib });
  await writeDisk(base, undefined, [[0, 1]]);
  await inSession({ file: base, mode: 'persistent' }, async (device) => {
    for (const offset of [8 * mib, 4096, 0]) {
      await read(device, 0, 1);
      await device.read(offset, new Uint8Array(0));
      await device.write(offset, []);
      await device.writeZeroes(offset, 0);
      await device.discard(offset, 0);
    }
    expect(await read(device, 0, 1)).toEqual(new Uint8Array([1]));
  });
});

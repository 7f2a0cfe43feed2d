import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { inSession, makeBase, mib, read, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

describe('what a log of the smallest grains has allocated', () => {
  it('[C1] is all committed, also where the disk begins in the file behind the end of its first 2^20 grains', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 1024 * mib });
    const { file: log } = await createRedoLog({ parent: base, randomSuffix: false, grainSectors: 1 });
    const border = 512 * mib;
    await writeDisk(base, log, [
      [border - 512, 1, 1024],
      [0, 2, 2048],
    ]);
    await commitRedoLog({ redo: log });
    await inSession({ file: base, mode: 'persistent' }, async (device) => {
      expect(new Set(await read(device, 0, 2048))).toEqual(new Set([2]));
      expect(new Set(await read(device, border - 512, 1024))).toEqual(new Set([1]));
      expect(new Set(await read(device, border + 512, 8192))).toEqual(new Set([0]));
    });
  });
});

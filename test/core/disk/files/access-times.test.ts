import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

test.runIf(process.platform === 'linux')('reading a file of ours leaves its access time as it is', () => {
  const folder = makeTempFolder();
  onTestFinished(() => {
    folder.remove();
  });
  const path = folder.at('disk.vmdk');
  writeFileSync(path, Buffer.alloc(4096, 7));
  // Older than the last change: the next read of anybody else would move it.
  utimesSync(path, new Date('2020-01-01'), new Date('2021-01-01'));
  const file = hostFiles.open(path, false);
  const content = new Uint8Array(4096);
  expect(file.read(0, content)).toBe(4096);
  file.close();
  expect(content[0]).toBe(7);
  expect(statSync(path).atime).toEqual(new Date('2020-01-01'));
});

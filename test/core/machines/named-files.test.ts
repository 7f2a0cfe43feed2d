import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { discImage, serialOutput } from '../../../core/machines/named-files.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

function configured(folder: TempFolder, text: string) {
  mkdirSync(folder.at('vm'), { recursive: true });
  writeFileSync(folder.at('vm/qa.vmx'), text);
  return loadConfiguration(folder.at('vm/qa.vmx'));
}

describe('the file of the serial port', () => {
  const serial = (folder: TempFolder, name: string): string | undefined =>
    serialOutput(
      configured(folder, `serial0.present = "TRUE"\nserial0.fileType = "file"\nserial0.fileName = "${name}"\n`),
    );

  it('lies in the machine’s folder', () => {
    using folder = makeTempFolder();
    expect(serial(folder, 'out.txt')).toBe(folder.at('vm/out.txt'));
    writeFileSync(folder.at('vm/out.txt'), 'of the last session');
    expect(serial(folder, 'out.txt')).toBe(folder.at('vm/out.txt'));
    expect(serial(folder, folder.at('vm/out.txt'))).toBe(folder.at('vm/out.txt'));
    mkdirSync(folder.at('vm/logs'));
    expect(serial(folder, 'logs/out.txt')).toBe(folder.at('vm/logs/out.txt'));
    expect(serialOutput(configured(folder, ''))).toBeUndefined();
  });

  it('is none of the user’s other files, and nothing that the machine needs', async () => {
    using folder = makeTempFolder();
    writeFileSync(folder.at('precious'), 'precious');
    mkdirSync(folder.at('vm'));
    symlinkSync(folder.at('precious'), folder.at('vm/link'));
    linkSync(folder.at('precious'), folder.at('vm/hard'));
    symlinkSync(folder.path, folder.at('vm/out'));
    await createBase({ file: folder.at('vm/a.vmdk'), capacityBytes: 1 << 20, split: false, bus: 'ide' });
    for (const name of [
      folder.at('precious'),
      '../precious',
      'link',
      'hard',
      'out/precious',
      'a.vmdk',
      'qa.vmx',
      '.',
    ]) {
      expect(() => serial(folder, name), name).toThrow(expect.objectContaining({ code: 'machine.bad-config' }));
    }
  });
});

describe('the image in the CD drive', () => {
  const disc = (folder: TempFolder, name: string): string | undefined =>
    discImage(
      configured(folder, `ide1:0.present = "TRUE"\nide1:0.deviceType = "cdrom-image"\nide1:0.fileName = "${name}"\n`),
    );

  it('may lie anywhere if it is one, and is nobody’s secret otherwise', () => {
    using folder = makeTempFolder();
    const image = Buffer.alloc(20 * 2048);
    image.write('\x01CD001', 16 * 2048, 'latin1');
    writeFileSync(folder.at('disc.iso'), image);
    expect(disc(folder, folder.at('disc.iso'))).toBe(folder.at('disc.iso'));
    writeFileSync(folder.at('vm/odd.img'), 'a disc of another kind');
    expect(disc(folder, 'odd.img')).toBe(folder.at('vm/odd.img'));
    writeFileSync(folder.at('secret'), 'secret');
    symlinkSync(folder.at('secret'), folder.at('vm/disc.iso'));
    for (const name of [folder.at('secret'), '../secret', 'disc.iso', '/dev/zero', '.'])
      expect(() => disc(folder, name), name).toThrow(expect.objectContaining({ code: 'machine.bad-config' }));
    expect(() => disc(folder, 'none.iso')).toThrow(expect.objectContaining({ code: 'disk.not-found' }));
  });
});

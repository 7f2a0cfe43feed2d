import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRecent, locateQemu, parseVersion } from '../../../../core/backends/qemu/locate.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

describe('finding QEMU', () => {
  let folder: TempFolder;

  beforeEach(() => {
    folder = makeTempFolder();
    mkdirSync(folder.at('a'));
    mkdirSync(folder.at('b'));
  });

  afterEach(() => folder.remove());

  function program(name: string, says: string): string {
    const file = folder.at(name);
    writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
    chmodSync(file, 0o755);
    return file;
  }

  const folders = (): string[] => [folder.at('a'), folder.at('b')];

  it('the first that is recent enough is taken', async () => {
    program('a/qemu-system-x86_64', 'QEMU emulator version 5.2.0 (Debian)');
    const path = program('b/qemu-system-i386', 'QEMU emulator version 8.1.50');
    expect(await locateQemu({ folders: folders() })).toEqual({ kind: 'found', binary: { path, version: '8.1.50' } });
  });

  it('too old is said with its version', async () => {
    program('a/qemu-system-x86_64', 'QEMU emulator version 7.1.9');
    const location = await locateQemu({ folders: folders() });
    expect(location).toMatchObject({ kind: 'missing', searched: folders() });
    expect(location).toHaveProperty('reason', expect.stringContaining('is QEMU 7.1.9; 7.2 or later is needed'));
  });

  it('nothing there', async () => {
    expect(await locateQemu({ folders: folders() })).toMatchObject({
      kind: 'missing',
      reason: 'QEMU is not installed.',
    });
  });

  it('a program that was chosen is the only one that counts', async () => {
    program('a/qemu-system-x86_64', 'QEMU emulator version 7.2.22');
    const chosen = program('b/something', 'hello');
    expect(await locateQemu({ folders: folders(), configuredPath: chosen })).toMatchObject({
      kind: 'missing',
      searched: [chosen],
    });
  });

  it.each([
    ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright', '7.2.22'],
    ['QEMU emulator version 10.0', '10.0'],
    ['QEMU 7.2', undefined],
    ['', undefined],
  ])('reads the version of %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });

  it.each([
    ['7.2', true],
    ['7.10.1', true],
    ['8.0.0', true],
    ['10.1.0', true],
    ['7.1.99', false],
    ['6.9', false],
  ])('%s is recent: %s', (version, expected) => {
    expect(isRecent(version)).toBe(expected);
  });
});

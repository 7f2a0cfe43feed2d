import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeChain } from '../../../../core/disk/describe/describe.ts';
import { makeBase, makeLog, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let log: string;
beforeEach(async () => {
  folder = makeTempFolder();
  log = await makeLog(await makeBase(folder.at('disk.vmdk')));
});
afterEach(() => {
  folder.remove();
});

function out(): string[] {
  return readdirSync(folder.at('out')).sort();
}

describe('the descriptors of a chain', () => {
  const names = ['disk.vmdk.REDO.descriptor', 'disk.vmdk.descriptor'];

  it('[X9] take the place of older ones of the same files', async () => {
    const paths = names.map((name) => folder.at('out', name));
    expect(await describeChain(log, folder.at('out'))).toEqual(paths);
    const before = readFileSync(paths[0] as string, 'utf8');
    await writeDisk(folder.at('disk.vmdk'), log, [[0, 1]]);
    expect(await describeChain(log, folder.at('out'))).toEqual(paths);
    expect(readFileSync(paths[0] as string, 'utf8')).not.toBe(before);
    expect(out()).toEqual(names);
  });

  it('[X9] take the place of nothing else, and then none is written', async () => {
    const path = folder.at('out', 'disk.vmdk.descriptor');
    mkdirSync(folder.at('out'));
    writeFileSync(path, 'mine');
    await expect(describeChain(log, folder.at('out'))).rejects.toMatchObject({
      code: 'disk.exists',
      details: { file: path },
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(out()).toEqual(['disk.vmdk.descriptor']);
  });

  it('[B3] wait for no pipe, and follow no link', async () => {
    mkdirSync(folder.at('pipes'));
    execFileSync('mkfifo', [folder.at('pipes', names[1] as string)]);
    await expect(describeChain(log, folder.at('pipes'))).rejects.toMatchObject({ code: 'disk.exists' });
    mkdirSync(folder.at('links'));
    symlinkSync(folder.at('elsewhere'), folder.at('links', names[0] as string));
    await expect(describeChain(log, folder.at('links'))).rejects.toMatchObject({ code: 'disk.exists' });
    expect(existsSync(folder.at('elsewhere'))).toBe(false);
    expect(lstatSync(folder.at('links', names[0] as string)).isSymbolicLink()).toBe(true);
  });

  it('[X9] say which folder they could not be written to', async () => {
    writeFileSync(folder.at('out'), 'a file');
    await expect(describeChain(log, folder.at('out'))).rejects.toMatchObject({
      code: 'disk.exists',
      details: { file: folder.at('out') },
    });
    expect(readFileSync(folder.at('out'), 'utf8')).toBe('a file');
  });
});

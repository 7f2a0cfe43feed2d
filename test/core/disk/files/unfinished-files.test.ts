import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentProcess } from '../../../../core/base/process-identity.ts';
import { createBase } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { markMaking } from '../../../../core/disk/files/unfinished-files.ts';
import { contentOf, fingerprint, makeBase, makeLog, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const gib = 2 ** 30;

/** A process that has ended, as the mark of one that was killed would name it. */
function killedProcess() {
  const { pid } = spawnSync('true');
  return { ...currentProcess(), pid, startTime: '1' };
}

/** The mark that a maker leaves when it is killed while it makes these files. */
function leaveMark(files: readonly string[], linkId: string, maker = killedProcess()): void {
  const first = files[0] as string;
  markMaking(first, files, linkId);
  const mark = JSON.parse(readFileSync(`${first}.making`, 'utf8')) as object;
  writeFileSync(`${first}.making`, JSON.stringify({ ...mark, maker }));
}

/** A log of three files, as its maker had it, with the mark. */
async function makeMarked(maker = killedProcess()): Promise<{ base: string; files: string[] }> {
  const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
  const { file, files } = await createRedoLog({ parent: base, randomSuffix: false });
  leaveMark(files, readLinkHead(file).state.record?.linkId ?? '', maker);
  return { base, files };
}

describe('[G7] a creation that was cut off', () => {
  it.each([
    ['before the first file', [0]],
    ['after one file', [0, 1]],
    ['before any file', [0, 1, 2]],
  ])('%s does not keep the name', async (_when, missing) => {
    const { base, files } = await makeMarked();
    for (const index of missing) rmSync(files[index] as string);
    const log = await createRedoLog({ parent: base, randomSuffix: false });
    expect(log.files).toEqual(files);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.making'))).toEqual([]);
    await writeDisk(base, log.file, [[3 * gib, 1]]);
  });

  it.each([
    ['empty', (file: string) => truncateSync(file, 0)],
    ['as long as it should be but without content', (file: string) => writeFileSync(file, new Uint8Array(40_960))],
    [
      'without the sector that names its link',
      (file: string) => writeFileSync(file, readFileSync(file).fill(0, 1024, 1536)),
    ],
  ])('may leave a file %s', async (_what, damage) => {
    const { base, files } = await makeMarked();
    rmSync(files[0] as string);
    damage(files[1] as string);
    expect((await createRedoLog({ parent: base, randomSuffix: false })).files).toEqual(files);
  });

  it.each([
    ['vmdk', { format: 'vmdk' }],
    ['cowd of ESX', { dialect: 'esx' }],
  ] as const)('takes nothing from a disk that has got the name since: %s', async (_what, kind) => {
    const taken = folder.at('disk-s001.vmdk');
    leaveMark([taken], 'f'.repeat(32));
    const request = { file: folder.at('disk.vmdk'), capacityBytes: 4 * gib, split: true, bus: 'ide' } as const;
    const { files } = await createBase({ ...request, ...kind });
    expect(files).toContain(taken);
    await expect(createBase({ ...request, file: taken, capacityBytes: 2 ** 20 })).rejects.toMatchObject({
      code: 'disk.exists',
    });
    expect(files.every((file) => existsSync(file))).toBe(true);
  });

  it('of a base is swept, too', async () => {
    const request = { file: folder.at('disk.vmdk'), capacityBytes: 4 * gib, split: true, bus: 'ide' } as const;
    const { files } = await createBase(request);
    leaveMark(files, readLinkHead(files[0] as string).state.record?.linkId ?? '');
    rmSync(files[0] as string);
    expect((await createBase(request)).files).toEqual(files);
  });

  it('is complete when its first file is, and nothing of it goes', async () => {
    const { base, files } = await makeMarked();
    await writeDisk(base, files[0], [[3 * gib, 1]]);
    const before = fingerprint(files);
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.redo-taken' });
    expect(fingerprint(files)).toEqual(before);
    expect(existsSync(`${files[0] ?? ''}.making`)).toBe(false);
  });

  it('is left alone while its maker lives', async () => {
    const { base, files } = await makeMarked(currentProcess());
    rmSync(files[0] as string);
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.redo-taken', details: { file: files[1] } });
    expect(existsSync(files[1] as string)).toBe(true);
  });

  it('has nothing removed that is not its own', async () => {
    const { base, files } = await makeMarked();
    rmSync(files[0] as string);
    const other = await makeBase(folder.at('other.vmdk'));
    await writeDisk(other, undefined, [[0, 7]]);
    const content = await contentOf(other);
    copyFileSync(other, files[2] as string);
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.redo-taken', details: { file: files[2] } });
    expect(await contentOf(files[2] as string)).toBe(content);
    writeFileSync(files[2] as string, 'a text');
    leaveMark(files, 'a'.repeat(32));
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.redo-taken', details: { file: files[2] } });
    expect(readFileSync(files[2] as string, 'utf8')).toBe('a text');
  });
});

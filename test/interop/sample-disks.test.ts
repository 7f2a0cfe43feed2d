import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { DiskOverNbd } from '../support/disk-over-nbd.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { openDisk } from './independent/open-disk.ts';

/** Disks made by VMware's products and others: names, sizes and hashes are in `expected.tsv` beside them. */
const samples = process.env['REDOUBT_SAMPLES'];
if (samples === undefined) console.warn('skipped: REDOUBT_SAMPLES names no folder with sample disks');

/** Descriptors without their extents or parents, and what opening them comes to. */
const alone: Readonly<Record<string, string>> = {
  'monolithicFlat.vmdk': 'disk.segment-missing',
  'twoGbMaxExtentFlat.vmdk': 'disk.segment-missing',
  'ms3-win.vmdk': 'disk.segment-missing',
  'vmfs_thick-000001.vmdk': 'disk.parent-missing',
};

interface Sample {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

function expectedSamples(folder: string): Sample[] {
  const [, ...rows] = readFileSync(join(folder, 'expected.tsv'), 'utf8').trim().split('\n');
  return rows.map((row) => {
    const [file = '', size = '', sha256 = ''] = row.split('\t');
    return { file, sizeBytes: Number(size), sha256 };
  });
}

describe.skipIf(samples === undefined)('sample disks', () => {
  let program: CommandProcess;
  let folder: TempFolder;
  const all = samples === undefined ? [] : expectedSamples(samples);

  beforeAll(async () => {
    program = await CommandProcess.start();
    folder = makeTempFolder();
    // Side files belong beside a disk, and the samples are somebody else's.
    mkdirSync(folder.at('samples'));
    for (const name of readdirSync(samples ?? '')) {
      copyFileSync(join(samples ?? '', name), folder.at('samples', name));
      chmodSync(folder.at('samples', name), 0o644);
    }
  });
  afterAll(async () => {
    await program.end();
    folder.remove();
  });

  it.each(all)('$file has the content that qemu-img sees', async ({ file, sizeBytes, sha256 }) => {
    const path = folder.at('samples', file);
    const before = fingerprint([path]);
    const second = openDisk(path);
    expect(second.sizeBytes).toBe(sizeBytes);
    expect(hashOf(second.read(0, sizeBytes))).toBe(sha256);
    second.close();

    const info = JSON.parse(await program.ok('disk', 'info', '--json', path)) as { capacityBytes: number };
    expect(info.capacityBytes).toBe(sizeBytes);
    const serving = await program.serve(
      path,
      folder.at('nbd.sock'),
      '--mode',
      'nonpersistent',
      '--redo-dir',
      folder.path,
    );
    if (!('stop' in serving)) throw new Error(serving.err);
    const disk = await DiskOverNbd.open(folder.at('nbd.sock'));
    expect(disk.sizeBytes).toBe(sizeBytes);
    expect(hashOf(await disk.read(0, sizeBytes))).toBe(sha256);
    disk.close();
    expect(await serving.stop()).toMatchObject({ status: 0 });
    await program.ok('disk', 'convert', path, folder.at(`${file}.raw`));
    expect(hashOf(readFileSync(folder.at(`${file}.raw`)))).toBe(sha256);
    expect(fingerprint([path])).toBe(before);
  });

  it.each(Object.entries(alone))('%s, which is alone here, is refused as %s', async (file, code) => {
    const { status, err } = await program.run(['disk', 'info', folder.at('samples', file)]);
    expect({ status, code: /^redoubt: (\S+):/.exec(err)?.[1] }).toEqual({
      status: 1,
      code: code,
    });
  });
});

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';

describe('the picker', () => {
  let bench: CoreBench;
  let folder: string;
  let base: string;
  let redo: string;

  beforeEach(async () => {
    bench = await CoreBench.open();
    folder = join(bench.home.machinesDirectory, 'disks');
    base = join(folder, 'mydisk.vmdk');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    await createBase({ file: base, capacityBytes: 4 * 2 ** 30, split: true, bus: 'ide' });
    ({ file: redo } = await createRedoLog({
      parent: base,
      randomSuffix: true,
      context: { settingsDirectory: bench.home.settingsDirectory },
    }));
    writeFileSync(join(folder, 'fake.vmdk'), 'no disk');
    writeFileSync(join(folder, 'cd.iso'), 'image');
    writeFileSync(
      join(folder, 'deb.qcow2'),
      Buffer.concat([Buffer.from('514649fb00000003', 'hex'), Buffer.alloc(504)]),
    );
    writeFileSync(join(folder, 'data.raw'), Buffer.alloc(8192));
  });
  afterEach(async () => {
    await bench.close();
  });

  const names = async (filter: 'disks-and-logs' | 'vmdk' | 'redo-logs' | 'all' | 'images') =>
    (await bench.client.disks.browse({ directory: folder, filter })).rows.map((row) => `${row.name}: ${row.kind}`);

  it('knows files by their headers and folds segments', async () => {
    const log = redo.slice(folder.length + 1);
    expect(await names('disks-and-logs')).toEqual(['sub: folder', 'mydisk.vmdk: base', `${log}: redo-log`]);
    expect(await names('vmdk')).toEqual(['sub: folder', 'fake.vmdk: not-a-disk', 'mydisk.vmdk: base']);
    expect(await names('redo-logs')).toEqual(['sub: folder', `${log}: redo-log`]);
    expect(await names('images')).toEqual(['sub: folder', 'cd.iso: image']);
    expect(await names('all')).toContain('mydisk-02.vmdk: segment');
    const { rows, parent } = await bench.client.disks.browse({ directory: folder, filter: 'disks-and-logs' });
    expect(parent).toBe(bench.home.machinesDirectory);
    expect(rows.find((row) => row.path === base)?.capacityBytes).toBe(4 * 2 ** 30);
    expect(rows.find((row) => row.path === redo)?.parent).toBe('mydisk.vmdk');
  });

  it('names formats, those of other programs too', async () => {
    const { rows } = await bench.client.disks.browse({ directory: folder, filter: 'all' });
    const formats = Object.fromEntries(rows.map((row) => [row.name, row.format]));
    expect(formats).toMatchObject({ 'mydisk.vmdk': 'cowd', 'deb.qcow2': 'qcow2' });
    for (const name of ['cd.iso', 'data.raw', 'fake.vmdk'])
      expect(rows.find((row) => row.name === name)).toMatchObject({ kind: 'not-a-disk', usedBy: [] });
    expect(formats['data.raw']).toBeUndefined();
    expect(await refusalOf(bench.client.disks.inspect({ path: join(folder, 'deb.qcow2') }))).toMatchObject({
      code: 'disk.unsupported',
      details: { format: 'qcow2' },
    });
    const raw = await bench.client.disks.inspect({ path: join(folder, 'data.raw') });
    expect(raw.chain.links).toMatchObject([{ format: 'raw' }]);
  });

  it('describes the chain below a file, and points a segment to its first file', async () => {
    const found = await bench.client.disks.inspect({ path: redo });
    expect(found.chain.links.map((link) => link.path)).toEqual([redo, base]);
    expect(found.persistentProblem).toBeUndefined();
    expect((await bench.client.disks.inspect({ path: base })).persistentProblem?.code).toBe('disk.has-dependents');
    const refusal = await refusalOf(bench.client.disks.inspect({ path: join(folder, 'mydisk-02.vmdk') }));
    expect(refusal).toMatchObject({ code: 'disk.segment-picked', details: { part: 2, first: base } });
    expect((await refusalOf(bench.client.disks.inspect({ path: join(folder, 'fake.vmdk') }))).code).toBe(
      'disk.not-a-disk',
    );
    expect((await refusalOf(bench.client.disks.browse({ directory: join(folder, 'none'), filter: 'all' }))).code).toBe(
      'disk.not-found',
    );
  });
});

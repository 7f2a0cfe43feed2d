import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { encodeHolder, newHolder } from '../../../core/disk/locks/lock-holder.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';

describe('a configuration from elsewhere', { timeout: 60_000 }, () => {
  let bench: CoreBench;
  let base: string;
  let id: string;
  beforeEach(async () => {
    bench = await CoreBench.open();
    const bases = join(bench.home.machinesDirectory, 'bases');
    const folder = join(bench.home.machinesDirectory, 'stranger');
    mkdirSync(bases, { recursive: true });
    mkdirSync(folder);
    base = join(bases, 'base.vmdk');
    await createBase({ file: base, capacityBytes: 8 << 20, split: true, bus: 'ide' });
    const configuration = [
      'displayName = "Stranger"',
      'memsize = "16"',
      'redoubt.backend = "fake"',
      'ide0:0.present = "TRUE"',
      `ide0:0.fileName = "${base}"`,
      'ide0:0.mode = "persistent"',
    ];
    writeFileSync(join(folder, 'stranger.vmx'), `${configuration.join('\n')}\n`);
    ({ id } = await bench.client.machines.open({ path: join(folder, 'stranger.vmx') }));
  });
  afterEach(async () => {
    await bench.close();
  });

  it('[P9] gets a disk outside its folder only when the user has allowed it, once', async () => {
    expect((await bench.view(id)).disks[0]?.problem?.code).toBe('disk.untrusted');
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({
      code: 'disk.untrusted',
      details: { path: base },
    });
    expect(readdirSync(join(base, '..'))).toEqual(['base.vmdk']);
    await bench.waitFor(id, (view) => view.power !== 'starting', 'had ended');
    await bench.client.disks.approve({ path: base });
    expect((await bench.view(id)).disks[0]?.problem).toBeUndefined();
    await bench.client.machines.powerOn({ id });
    await bench.client.machines.powerOff({ id });
    await bench.waitFor(id, (view) => view.power === 'off', 'went off');
  });

  it('[L8] a lock that another host has left is broken when the user says so', async () => {
    await bench.client.disks.approve({ path: base });
    const hourAgo = new Date(Date.now() - 3_600_000);
    const path = join(`${base}.lck`, `${'a'.repeat(32)}.json`);
    mkdirSync(`${base}.lck`);
    writeFileSync(
      path,
      encodeHolder({ ...newHolder('writer', 'a'.repeat(32), { purpose: 'running' }), machineId: 'other', bootId: '' }),
    );
    utimesSync(path, hourAgo, hourAgo);
    const refusal = await refusalOf(bench.client.machines.powerOn({ id }));
    expect(refusal).toMatchObject({ code: 'disk.locked', details: { file: base, holder: { isStale: true } } });
    await bench.waitFor(id, (view) => view.power !== 'starting', 'had ended');
    await bench.client.disks.breakLock({ file: base, token: 'a'.repeat(32) });
    await bench.client.machines.powerOn({ id });
    await bench.client.machines.powerOff({ id });
    await bench.waitFor(id, (view) => view.power === 'off', 'went off');
  });
});

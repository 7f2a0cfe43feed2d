import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { createBase, type BaseRequest } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { installMemoryHost } from '../../../support/memory-host/install-host.ts';
import { isLooking, type FaultPlan } from '../../../support/memory-host/host-faults.ts';
import { MemoryHost, memoryRoot } from '../../../support/memory-host/memory-host.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

let uninstall: () => void;
beforeAll(() => {
  uninstall = installMemoryHost();
});
afterAll(() => {
  uninstall();
});

const folder = `${memoryRoot}/disks`;

/** From the nth sync of the file on, the device answers nothing but errors; what is to be removed stays. */
function failingFrom(path: string, nth: number): FaultPlan {
  let syncs = 0;
  return (call) => {
    // Wherever it is made.
    if (call.does === 'sync' && basename(call.path) === basename(path)) syncs++;
    return syncs >= nth && !isLooking(call) ? { kind: 'error', errno: 'EIO' } : undefined;
  };
}

/** Makes a file on a device that fails at its nth sync, loses power, and says how it opens then. */
async function openedAfter(file: string, make: () => Promise<unknown>, nth: number, seed: number): Promise<string> {
  const host = new MemoryHost(seed);
  await host.run(async () => {
    mkdirSync(folder);
    await createBase({ file: `${folder}/base.vmdk`, capacityBytes: 2 ** 20, split: false, bus: 'ide' });
  });
  host.disk.syncAll();
  const code = await host.run(() => codeOf(make), failingFrom(file, nth));
  if (code === 'none') return 'made';
  host.losePower(new SeededRandom(seed));
  return (await host.run(() => codeOf(() => inspectChain(file)))) ?? '';
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'none';
  } catch (error) {
    if (error instanceof RedoubtError) return (error as RedoubtError).code;
    throw error;
  }
}

describe('[G5] a first file that was not synced, and could not be removed either', () => {
  const base = (options: Partial<BaseRequest>) => () =>
    createBase({ file: `${folder}/new.vmdk`, capacityBytes: 2 ** 20, split: false, bus: 'ide', ...options });
  it.each([
    ['a COWD base', `${folder}/new.vmdk`, base({}), 'none'],
    // Made aside: it has no name before it is on the device.
    ['a VMDK 4 base', `${folder}/new.vmdk`, base({ format: 'vmdk' }), 'disk.not-found'],
    [
      'a redo log',
      `${folder}/base.vmdk.REDO`,
      () => createRedoLog({ parent: `${folder}/base.vmdk`, randomSuffix: false }),
      'none',
    ],
  ])('%s: is no disk after a loss of power, or a whole one', async (_what, file, make, atBest) => {
    const seen = new Set<string>();
    for (let nth = 1; nth <= 2; nth++)
      for (let seed = 1; seed <= 60; seed++) seen.add(await openedAfter(file, make, nth, seed));
    expect([...seen].filter((code) => !['disk.not-a-disk', 'disk.not-found', 'none'].includes(code))).toEqual([]);
    expect(seen).toContain(atBest);
  });
});

import { closeSync, ftruncateSync, openSync, readdirSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abandonCommit } from '../../../../core/disk/commit/abandon-commit.ts';
import { approveLink } from '../../../../core/disk/parents/approvals.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { createBase, type BaseRequest } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog, type RedoLogRequest } from '../../../../core/disk/create/create-redo-log.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { contentOf, mib, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const capacityBytes = 8 * mib;

async function made(options: Partial<BaseRequest>): Promise<string> {
  const request = { file: folder.at('disk.vmdk'), capacityBytes, split: false, bus: 'ide' as const, ...options };
  return (await createBase(request)).files[0] as string;
}

/** As another program would have made it: without our line in the description. */
function withoutRecord(file: string): string {
  const fd = openSync(file, 'r+');
  writeSync(fd, new Uint8Array(512), 0, 512, 1124);
  closeSync(fd);
  return file;
}

/** Every kind of disk that a redo log can hang from. */
const parents: Record<string, () => Promise<string>> = {
  hybrid: () => made({}),
  ws3: () => made({ dialect: 'ws3' }),
  esx: () => made({ dialect: 'esx' }),
  vmware2: () => made({ dialect: 'vmware2' }),
  'foreign cowd': async () => withoutRecord(await made({})),
  'vmdk 4': () => made({ format: 'vmdk' }),
  'vmdk 4 in several files': () => made({ format: 'vmdk', split: true }),
  flat: () => {
    const extent = openSync(folder.at('disk-flat.vmdk'), 'w');
    ftruncateSync(extent, capacityBytes);
    closeSync(extent);
    const lines = [
      '# Disk DescriptorFile',
      'version=1',
      'CID=12345678',
      'parentCID=ffffffff',
      'createType="monolithicFlat"',
      `RW ${String(capacityBytes / 512)} FLAT "disk-flat.vmdk" 0`,
      'ddb.adapterType = "ide"',
    ];
    writeFileSync(folder.at('disk.vmdk'), `${lines.join('\n')}\n`);
    return Promise.resolve(folder.at('disk.vmdk'));
  },
  raw: () => {
    const file = openSync(folder.at('disk.img'), 'w');
    ftruncateSync(file, capacityBytes);
    closeSync(file);
    approveLink(readLinkHead(folder.at('disk.img')), {});
    return Promise.resolve(folder.at('disk.img'));
  },
};

async function log(parent: string, options: Partial<RedoLogRequest> = {}): Promise<string> {
  const context = { trustedPaths: [parent, folder.path] };
  return (await createRedoLog({ parent, randomSuffix: true, context, ...options })).file;
}

const writes: [number, number, number?][] = [
  [50_000, 3, 100_000],
  [5 * mib + 17, 4],
  [0, 0, 4096],
  [capacityBytes - 100, 5, 100],
];

async function family(parent: string): Promise<{ child: string; sibling: string }> {
  await writeDisk(parent, undefined, [
    [0, 1, 100_000],
    [mib, 2],
  ]);
  const sibling = await log(parent);
  await writeDisk(parent, sibling, [
    [2000, 11, 3000],
    [6 * mib, 12],
  ]);
  const child = await log(parent);
  await writeDisk(parent, child, writes);
  return { child, sibling };
}

class Stop extends Error {}

async function commitUntil(redo: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  await expect(commitRedoLog({ redo, dependents: 'preserve' }, { reached })).rejects.toThrow(Stop);
}

const points: readonly CommitPoint[] = ['old-state', 'child-recorded', 'parent-marked', 'copied', 'unmarked'];

describe.each(Object.keys(parents))('a commit into %s', (kind) => {
  const parentOf = () => (parents[kind] as () => Promise<string>)();

  it('[C1] [O1] [C13] gives the parent what the log had, and leaves a sibling what it was', async () => {
    const parent = await parentOf();
    const { child, sibling } = await family(parent);
    const [committed, kept] = [await contentOf(child), await contentOf(sibling)];
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    expect(await contentOf(parent)).toBe(committed);
    expect(await contentOf(sibling)).toBe(kept);
    const again = await log(parent);
    await writeDisk(parent, again, [[3 * mib, 21]]);
    const next = await contentOf(again);
    await commitRedoLog({ redo: again, dependents: 'preserve' });
    expect(await contentOf(parent)).toBe(next);
    expect(await contentOf(sibling)).toBe(kept);
    expect(readdirSync(folder.path).filter((name) => /commit|removing|\.lck|\.new/.test(name))).toEqual([]);
  });

  it.each(points)('[C4] [O9] that stops after %s reads right, and ends by the same command', async (point) => {
    const parent = await parentOf();
    const { child, sibling } = await family(parent);
    const [old, committed, kept] = [await contentOf(parent), await contentOf(child), await contentOf(sibling)];
    await commitUntil(child, point);
    expect(await contentOf(child)).toBe(committed);
    if (['journal', 'old-state', 'child-recorded'].includes(point)) {
      await settleChain(child, {});
      expect(await contentOf(parent)).toBe(old);
      expect(await contentOf(sibling)).toBe(kept);
    }
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    await settleChain(parent, {});
    expect(await contentOf(parent)).toBe(committed);
    expect(await contentOf(sibling)).toBe(kept);
  });

  it('[C12] that is given up leaves it mixed, and the next write takes the mark away', async () => {
    const parent = await parentOf();
    const { child, sibling } = await family(parent);
    const kept = await contentOf(sibling);
    await commitUntil(child, 'copied');
    unlinkSync(child);
    expect(await abandonCommit({ parent })).toMatchObject({ state: 'mixed' });
    expect(await contentOf(sibling)).toBe(kept);
    expect((await inspectChain(parent)).links[0]?.state).toBe('mixed');
    await expect(log(parent)).rejects.toMatchObject({ code: 'disk.parent-changed' });
    await writeDisk(parent, undefined, [[0, 1]]);
    expect((await inspectChain(parent)).links[0]?.state).toBe('clean');
    await log(parent);
  });
});

describe('a commit of', () => {
  it('[C13] a log that another program made gives it ids', async () => {
    const base = await made({});
    const child = await log(base);
    await writeDisk(base, child, writes);
    const committed = await contentOf(child);
    withoutRecord(child);
    await commitUntil(child, 'copied');
    expect(await contentOf(child)).toBe(committed);
    await commitRedoLog({ redo: child });
    expect(await contentOf(base)).toBe(committed);
  });

  it.each([
    { base: 1, log: 128 },
    { base: 128, log: 1 },
    { base: 16, log: 128 },
    { base: 64, log: 2 },
  ])('[C1] [O1] a log of grain $log over a base of grain $base', async ({ base: baseGrain, log: logGrain }) => {
    const base = await made({ grainSectors: baseGrain });
    await writeDisk(base, undefined, [
      [0, 1, 100_000],
      [mib, 2],
    ]);
    const sibling = await log(base, { grainSectors: 8 });
    const child = await log(base, { grainSectors: logGrain });
    await writeDisk(base, child, writes);
    const [committed, kept] = [await contentOf(child), await contentOf(sibling)];
    await commitUntil(child, 'copying');
    // The machine goes on, and gains grains next to those that are in the parent already.
    await writeDisk(base, child, [
      [150_100, 31, 700],
      [mib + 100, 32, 5],
    ]);
    expect(await contentOf(child)).not.toBe(committed);
    const gained = await contentOf(child);
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    expect(await contentOf(base)).toBe(gained);
    expect(await contentOf(sibling)).toBe(kept);
  });
});

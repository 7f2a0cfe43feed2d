import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveLink } from '../../../../core/disk/parents/approvals.ts';
import { readJournal } from '../../../../core/disk/commit-journal.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { createBase } from '../../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { readSidecar, writeSidecar } from '../../../../core/disk/formats/sidecar.ts';
import { createVmdk4File } from '../../../../core/disk/formats/vmdk4/create-vmdk4.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { recordParent } from '../../../../core/disk/parents/record-parent.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { finishRemoval } from '../../../../core/disk/remove-link.ts';
import { contentOf, fingerprint, mib, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

const capacityBytes = 8 * mib;

class Stop extends Error {}

async function commitUntil(redo: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  await expect(commitRedoLog({ redo, dependents: 'preserve' }, { reached })).rejects.toThrow(Stop);
}

async function vmdk(): Promise<string> {
  const file = folder.at('disk.vmdk');
  await createBase({ file, capacityBytes, split: false, bus: 'ide', format: 'vmdk' });
  return await filled(file);
}

async function raw(): Promise<string> {
  const file = folder.at('disk.img');
  writeFileSync(file, '');
  truncateSync(file, capacityBytes);
  approveLink(readLinkHead(file), {});
  return await filled(file);
}

async function flat(): Promise<string> {
  writeFileSync(folder.at('disk-flat.vmdk'), '');
  truncateSync(folder.at('disk-flat.vmdk'), capacityBytes);
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
  approveLink(readLinkHead(folder.at('disk.vmdk')), {});
  return await filled(folder.at('disk.vmdk'));
}

async function filled(file: string): Promise<string> {
  await writeDisk(file, undefined, [
    [0, 1, 100_000],
    [mib, 2],
  ]);
  return file;
}

/** As another program makes a snapshot: a descriptor that names its parent and that parent's CID. */
async function delta(parent: string, name: string): Promise<string> {
  createVmdk4File(hostFiles, folder.at(`${name}-s001.vmdk`), capacityBytes / 512);
  const cid = readLinkHead(folder.at(parent)).state.cid ?? 0;
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    'CID=12345678',
    `parentCID=${cid.toString(16).padStart(8, '0')}`,
    'createType="twoGbMaxExtentSparse"',
    `parentFileNameHint="${parent}"`,
    `RW ${String(capacityBytes / 512)} SPARSE "${name}-s001.vmdk"`,
    'ddb.adapterType = "ide"',
  ];
  const file = folder.at(`${name}.vmdk`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  await writeDisk(folder.at(parent), file, [
    [50_000, 3, 100_000],
    [5 * mib, 4],
  ]);
  return file;
}

async function log(parent: string, value: number): Promise<string> {
  const { file } = await createRedoLog({ parent, randomSuffix: true });
  await writeDisk(parent, file, [[2000, value, 150_000]]);
  return file;
}

const before: readonly CommitPoint[] = ['journal', 'child-recorded'];
const forward: readonly CommitPoint[] = ['parent-marked', 'copied'];
const after: readonly CommitPoint[] = ['unmarked', 'nested', 'done'];

describe('a commit of a log that is a VMDK 4 disk', () => {
  it.each(before)('[C17] is taken back where it stopped after %s', async (point) => {
    const parent = await vmdk();
    const child = await delta('disk.vmdk', 'snapshot');
    const [old, committed] = [await contentOf(parent), await contentOf(child)];
    await commitUntil(child, point);
    expect(await contentOf(child)).toBe(committed);
    await settleChain(child, {});
    expect(existsSync(`${parent}.commit`)).toBe(false);
    expect(await contentOf(parent)).toBe(old);
    expect(await contentOf(child)).toBe(committed);
    await commitRedoLog({ redo: child });
    expect(await contentOf(parent)).toBe(committed);
  });

  it.each([...forward, ...after])('[C4] is finished where it stopped after %s', async (point) => {
    const parent = await vmdk();
    const child = await delta('disk.vmdk', 'snapshot');
    const committed = await contentOf(child);
    await commitUntil(child, point);
    expect(await contentOf(child)).toBe(committed);
    await commitRedoLog({ redo: child });
    expect(await contentOf(parent)).toBe(committed);
    expect(existsSync(child)).toBe(false);
    expect(existsSync(`${parent}.commit`)).toBe(false);
  });

  it('[C18] is refused before it begins where one that hangs from it could not be told of its new parent', async () => {
    const parent = await vmdk();
    const child = await delta('disk.vmdk', 'snapshot');
    const nested = await delta('snapshot.vmdk', 'second');
    const [old, top] = [await contentOf(parent), await contentOf(nested)];
    await expect(commitRedoLog({ redo: child })).rejects.toMatchObject({ code: 'disk.unsupported' });
    expect(existsSync(`${parent}.commit`)).toBe(false);
    expect(await contentOf(parent)).toBe(old);
    expect(await contentOf(nested)).toBe(top);
  });
});

describe('[R1] a snapshot of another program that goes', () => {
  const left = () => readdirSync(folder.path).filter((name) => /^snapshot|removing/.test(name));

  it('takes its extents along, committed or discarded', async () => {
    const parent = await vmdk();
    const committed = await delta('disk.vmdk', 'snapshot');
    await commitRedoLog({ redo: committed });
    expect(left()).toEqual([]);
    const discarded = await delta('disk.vmdk', 'snapshot');
    await discardRedoLog({ redo: discarded });
    expect(left()).toEqual([]);
    await writeDisk(parent, undefined, [[0, 5]]);
  });

  it('[R3] takes them along where the removal was cut off', async () => {
    const parent = await vmdk();
    const child = await delta('disk.vmdk', 'snapshot');
    renameSync(child, `${child}.removing`);
    rmSync(`${child}.redoubt`, { force: true });
    await finishRemoval(child);
    expect(left()).toEqual([]);
    await writeDisk(parent, undefined, [[0, 5]]);
  });

  it('[C9] leaves what it only names: a disk, an extent of another, plain data', async () => {
    await vmdk();
    const other = await delta('disk.vmdk', 'other');
    const child = await delta('disk.vmdk', 'snapshot');
    await createBase({
      file: folder.at('snapshot-s002.vmdk'),
      capacityBytes,
      split: false,
      bus: 'ide',
      format: 'vmdk',
    });
    writeFileSync(folder.at('snapshot-s003.vmdk'), 'mine');
    const more = ['other-s001', 'snapshot-s002', 'snapshot-s003'].map((name) => `RW 16384 SPARSE "${name}.vmdk"\n`);
    writeFileSync(child, `${readFileSync(child, 'utf8')}${more.join('')}`);
    renameSync(child, `${child}.removing`);
    const kept = ['other-s001.vmdk', 'snapshot-s002.vmdk', 'snapshot-s003.vmdk'].map((name) => folder.at(name));
    const before = fingerprint(kept);
    await finishRemoval(child);
    expect(fingerprint(kept)).toEqual(before);
    expect(existsSync(folder.at('snapshot-s001.vmdk'))).toBe(false);
    await contentOf(other);
  });
});

describe('a commit into a disk whose side file was lost', () => {
  it.each<CommitPoint>(['journal', 'old-state', 'child-recorded', 'parent-marked', 'copied', 'unmarked'])(
    '[C17] [O12] that stops after %s loses nothing',
    async (point) => {
      const parent = await vmdk();
      const sibling = await log(parent, 11);
      const child = await log(parent, 12);
      rmSync(`${parent}.redoubt`);
      const [old, committed, kept] = [await contentOf(parent), await contentOf(child), await contentOf(sibling)];
      await commitUntil(child, point);
      expect(await contentOf(child)).toBe(committed);
      if (['journal', 'old-state', 'child-recorded'].includes(point)) {
        expect(await contentOf(sibling)).toBe(kept);
        await settleChain(child, {});
        expect(existsSync(`${parent}.commit`)).toBe(false);
        expect(readdirSync(folder.path).filter((name) => name.includes('.was_'))).toEqual([]);
        expect(await contentOf(parent)).toBe(old);
        expect(await contentOf(child)).toBe(committed);
        expect(await contentOf(sibling)).toBe(kept);
      }
      await commitRedoLog({ redo: child, dependents: 'preserve' });
      expect(await contentOf(parent)).toBe(committed);
      expect(await contentOf(sibling)).toBe(kept);
    },
  );

  it('[O12] preserves logs from before and from after', async () => {
    const parent = await vmdk();
    const sibling = await log(parent, 11);
    const kept = await contentOf(sibling);
    rmSync(`${parent}.redoubt`);
    const child = await log(parent, 12);
    expect(await contentOf(sibling)).toBe(kept);
    const committed = await contentOf(child);
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    expect(await contentOf(parent)).toBe(committed);
    expect(await contentOf(sibling)).toBe(kept);
  });
});

describe('a commit into a disk that could keep no side file when its logs were made', () => {
  /** What such a log records: the CID, or what the samples give. */
  function recordWithout(child: string, parent: string): void {
    const { cid, sampledContentId } = readLinkHead(parent).state;
    recordParent(readLinkHead(child), { generation: cid ?? 0, contentId: sampledContentId });
  }

  it.each([
    ['VMDK 4', vmdk],
    ['raw', raw],
  ])('[C17] [O12] %s', async (_, make) => {
    for (const point of ['journal', 'old-state', 'child-recorded', undefined] as const) {
      const parent = await make();
      const siblings = [await log(parent, 11), await log(parent, 13)];
      const child = await log(parent, 12);
      const [sibling = ''] = siblings;
      for (const each of [sibling, child]) recordWithout(each, parent);
      if (point === 'old-state') rmSync(`${parent}.redoubt`);
      const readable = point === 'old-state' && parent.endsWith('.img') ? [sibling] : siblings;
      const kept = await Promise.all(readable.map(contentOf));
      const [old, committed] = [await contentOf(parent), await contentOf(child)];
      if (point !== undefined) {
        await commitUntil(child, point);
        await settleChain(child, {});
        expect(existsSync(`${parent}.commit`)).toBe(false);
        expect(await contentOf(parent)).toBe(old);
        expect(await contentOf(child)).toBe(committed);
      }
      await commitRedoLog({ redo: child, dependents: 'preserve' });
      expect(await contentOf(parent)).toBe(committed);
      expect(await Promise.all(readable.map(contentOf))).toEqual(kept);
      for (const name of readdirSync(folder.path)) if (statSync(folder.at(name)).isFile()) rmSync(folder.at(name));
    }
  });

  it('[O12] flat: both who knows it by its CID and who by samples', async () => {
    const parent = await flat();
    const [byId, bySamples, child] = [await log(parent, 11), await log(parent, 13), await log(parent, 12)];
    const byCid = await delta('disk.vmdk', 'snapshot');
    recordWithout(bySamples, parent);
    const siblings = [byId, bySamples, byCid];
    const kept = await Promise.all(siblings.map(contentOf));
    const committed = await contentOf(child);
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    expect(await contentOf(parent)).toBe(committed);
    expect(await Promise.all(siblings.map(contentOf))).toEqual(kept);
  });

  it.each([
    ['VMDK 4', vmdk],
    ['flat', flat],
  ])('[C17] [O9] %s: reads right for all while the side file is new and the CID is not', async (_, make) => {
    const parent = await make();
    const [byId, bySamples, child] = [await log(parent, 11), await log(parent, 13), await log(parent, 12)];
    const byCid = await delta('disk.vmdk', 'snapshot');
    recordWithout(bySamples, parent);
    const everybody = [parent, byId, bySamples, byCid, child];
    const kept = await Promise.all(everybody.map(contentOf));
    await commitUntil(child, 'child-recorded');
    const journal = readJournal(parent);
    const before = readSidecar(hostFiles, parent);
    if (journal === undefined || before === undefined) throw new Error('both are there');
    // The next two writes are the side file and the CID; power is lost between them.
    writeSidecar(hostFiles, parent, {
      linkId: before.linkId,
      contentId: journal.parent.newContentId,
      generation: journal.parent.newGeneration,
      committing: journal.child.linkId,
      sizeBytes: before.sizeBytes,
      before: { contentId: before.contentId, generation: before.generation },
    });
    expect(await Promise.all(everybody.map(contentOf))).toEqual(kept);
    await settleChain(child, {});
    expect(existsSync(`${parent}.commit`)).toBe(false);
    expect(await Promise.all(everybody.map(contentOf))).toEqual(kept);
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    const [, ...preserved] = kept.slice(0, -1);
    expect(await Promise.all([byId, bySamples, byCid].map(contentOf))).toEqual(preserved);
    expect(await contentOf(parent)).toBe(kept.at(-1));
  });

  it('[O12] raw: a log over other content is not taken for one of those that are preserved', async () => {
    const parent = await raw();
    const other = await log(parent, 11);
    recordWithout(other, parent);
    await writeDisk(parent, undefined, [[0, 9, 4096]]);
    const sibling = await log(parent, 13);
    const child = await log(parent, 12);
    for (const each of [sibling, child]) recordWithout(each, parent);
    rmSync(`${parent}.redoubt`);
    const kept = await contentOf(sibling);
    await expect(contentOf(other)).rejects.toMatchObject({ code: 'disk.parent-changed' });
    await commitRedoLog({ redo: child, dependents: 'preserve' });
    expect(await contentOf(sibling)).toBe(kept);
    await expect(contentOf(other)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });
});

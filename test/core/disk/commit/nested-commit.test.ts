import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { forecastCommit } from '../../../../core/disk/commit/forecast-commit.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { protectDisk } from '../../../../core/disk/protect.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { findDependents } from '../../../../core/disk/parents/dependents.ts';
import {
  contentOf,
  fingerprint,
  inSession,
  makeBase,
  makeLog,
  mib,
  write,
  writeDisk,
} from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** A commit of a log from which others hang, stopped at every step, and looked at from every link. */

let folder: TempFolder;
let base: string;
let log: string;
let nested: string;
beforeEach(async () => {
  folder = makeTempFolder();
  mkdirSync(folder.at('machine'));
  base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [
    [0, 1, 100_000],
    [3 * mib, 2],
  ]);
  log = await makeLog(base);
  await writeDisk(base, log, [
    [50_000, 3, 100_000],
    [3 * mib, 0, 4096],
  ]);
  nested = await makeLog(log, { directory: folder.at('machine') });
  await writeDisk(log, nested, [[6 * mib, 7]]);
});
afterEach(() => {
  folder.remove();
});

const points: readonly CommitPoint[] = [
  'locked',
  'journal',
  'child-recorded',
  'parent-marked',
  'copying',
  'copied',
  'parent-clean',
  'unmarked',
  'nested',
  'done',
  'removed',
];

async function commitUntil(point: CommitPoint): Promise<void> {
  const stop = new Error('stop');
  const reached = (here: CommitPoint) => {
    if (here === point) throw stop;
  };
  await expect(commitRedoLog({ redo: log }, { reached })).rejects.toBe(stop);
}

describe('a commit under nested logs that stops', () => {
  it.each(points)('[C6] after %s leaves the nested log as it reads, before and after it is settled', async (point) => {
    const [content, logContent] = [await contentOf(nested), await contentOf(log)];
    await commitUntil(point);
    expect(await contentOf(nested)).toBe(content);
    await settleChain(nested, {});
    expect(await contentOf(nested)).toBe(content);
    if (existsSync(log)) {
      expect(await contentOf(log)).toBe(logContent);
      await commitRedoLog({ redo: log });
    }
    expect(await contentOf(nested)).toBe(content);
    expect((await inspectChain(nested)).links.map(({ path }) => path)).toEqual([nested, base]);
    expect(await contentOf(base)).toBe(logContent);
    await discardRedoLog({ redo: nested });
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'machine']);
    expect(readdirSync(folder.at('machine'))).toEqual([]);
  });

  it.each(points)('[C6] after %s lets the nested log be run', async (point) => {
    await commitUntil(point);
    const isGone = ['unmarked', 'nested', 'done', 'removed'].includes(point);
    await inSession({ file: isGone ? base : log, mode: 'undoable', redo: nested }, (device) => write(device, mib, 9));
    const content = await contentOf(nested);
    if (existsSync(log)) await commitRedoLog({ redo: log });
    await settleChain(nested, {});
    expect(await contentOf(nested)).toBe(content);
    expect(existsSync(log)).toBe(false);
  });
});

it('[C4] [S5] a commit that stopped is finished although a nested log is protected by now', async () => {
  await commitUntil('nested');
  await protectDisk(nested);
  const before = fingerprint([nested]);
  await settleChain(nested, {});
  expect(existsSync(log)).toBe(false);
  expect(fingerprint([nested])).toEqual(before);
});

it('[C18] is refused where a nested log has no room for the name of its new parent', async () => {
  let deep = folder.path;
  while (deep.length < 900) deep += `/${'d'.repeat(Math.max(1, Math.min(100, 899 - deep.length)))}`;
  mkdirSync(deep, { recursive: true });
  // Each name is longer than the one before, until one starts again after the disk's own.
  let parent = '';
  let child = await makeBase(`${deep}/disk.vmdk`);
  while (child.length > parent.length)
    [parent, child] = [child, (await createRedoLog({ parent: child, randomSuffix: true })).file];
  const far = await makeLog(child, { directory: folder.at('machine') });
  const before = fingerprint([parent, child, far]);
  await expect(commitRedoLog({ redo: child })).rejects.toMatchObject({ code: 'disk.bad-name' });
  expect((await forecastCommit(child)).problem).toMatchObject({ code: 'disk.bad-name' });
  expect(existsSync(`${parent}.commit`)).toBe(false);
  expect(fingerprint([parent, child, far])).toEqual(before);
});

it('[D1] a nested log is listed before it hangs from the parent, so that none is forgotten where that fails', async () => {
  const list = `${base}.children`;
  const reached = (point: CommitPoint) => {
    if (point !== 'unmarked') return;
    rmSync(list);
    mkdirSync(list);
  };
  const content = await contentOf(nested);
  await expect(commitRedoLog({ redo: log }, { reached })).rejects.toMatchObject({ details: { file: list } });
  rmdirSync(list);
  await settleChain(nested, {});
  expect(existsSync(log)).toBe(false);
  expect(await contentOf(nested)).toBe(content);
  expect(await findDependents(base)).toEqual([{ path: nested }]);
});

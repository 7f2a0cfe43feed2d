import { existsSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abandonCommit } from '../../../../core/disk/commit/abandon-commit.ts';
import { readChildren } from '../../../../core/disk/parents/children-list.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { findDependents } from '../../../../core/disk/parents/dependents.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { forecastCommit } from '../../../../core/disk/commit/forecast-commit.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
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

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

interface Family {
  readonly base: string;
  /** To be committed. */
  readonly log: string;
  /** A sibling elsewhere, with changes of its own. */
  readonly sibling: string;
}

/** A base, a log over it, and a sibling in another folder; their writes overlap in part. */
async function makeFamily(options: { capacityBytes?: number } = {}): Promise<Family> {
  const base = await makeBase(folder.at('disk.vmdk'), options);
  await writeDisk(base, undefined, [
    [0, 1, 100_000],
    [mib, 2],
  ]);
  mkdirSync(folder.at('machine'));
  const sibling = await makeLog(base, { directory: folder.at('machine') });
  await writeDisk(base, sibling, [
    [2000, 11, 3000],
    [6 * mib, 12],
  ]);
  const log = await makeLog(base);
  await writeDisk(base, log, [
    [50_000, 3, 100_000],
    [5 * mib + 17, 4],
    [0, 0, 4096],
  ]);
  return { base, log, sibling };
}

function oldStatesIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => /\.was_[0-9a-f]{6}$/.test(name))
    .map((name) => join(path, name));
}

async function pathsOf(file: string): Promise<string[]> {
  return (await inspectChain(file)).links.map(({ path }) => path);
}

class Stop extends Error {}

async function commitUntil(log: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  await expect(commitRedoLog({ redo: log, dependents: 'preserve' }, { reached })).rejects.toThrow(Stop);
}

describe('a commit that preserves dependents', () => {
  it('[C4] [O13] is stopped in the middle of a large piece too, and leaves nothing then', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 128 * mib });
    const log = await makeLog(base);
    await inSession({ file: base, mode: 'undoable', redo: log }, async (device) => {
      for (let at = 0; at < 96; at++) await write(device, at * mib, 1, mib);
    });
    const before = readdirSync(folder.path);
    const controller = new AbortController();
    let mostBytes = 0;
    const watch = (): void => {
      for (const path of oldStatesIn(folder.path)) mostBytes = Math.max(mostBytes, statSync(path).size);
      if (mostBytes > mib) controller.abort();
      timer = setImmediate(watch);
    };
    let timer = setImmediate(watch);
    const commit = commitRedoLog({ redo: log, dependents: 'preserve', signal: controller.signal });
    await expect(commit).rejects.toMatchObject({ code: 'job.cancelled' });
    clearImmediate(timer);
    expect(mostBytes).toBeLessThan(16 * mib);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it('[O1] leaves every sibling byte for byte as it is, reading what it read', async () => {
    const { base, log, sibling } = await makeFamily();
    const untouched = fingerprint([sibling]);
    const [committed, kept] = [await contentOf(log), await contentOf(sibling)];
    const { oldState } = await commitRedoLog({ redo: log, dependents: 'preserve' });
    expect(oldStatesIn(folder.path)).toEqual([oldState]);
    expect(await contentOf(base)).toBe(committed);
    expect(await contentOf(sibling)).toBe(kept);
    expect(await pathsOf(sibling)).toEqual([sibling, oldState, base]);
    expect(fingerprint([sibling])).toEqual(untouched);
    expect(existsSync(log)).toBe(false);
    expect(readChildren(oldState ?? '').map(({ path }) => path)).toEqual([sibling]);
  });

  it('[O1] over segments, and zeros of the parent count', async () => {
    const edge = 4_189_248 * 512;
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: edge + 8 * mib });
    await writeDisk(base, undefined, [[edge - 20_000, 1, 40_000]]);
    const sibling = await makeLog(base, { directory: folder.path });
    const log = await makeLog(base);
    await writeDisk(base, log, [
      [edge - 1000, 2, 2000],
      [edge + 5 * mib, 3],
    ]);
    const look = async () => {
      const session = await openDiskSession({ file: base, mode: 'undoable', redo: sibling });
      const bytes = new Uint8Array(8 * mib);
      await session.device.read(edge - mib, bytes);
      await session.close();
      return Buffer.from(bytes).toString('latin1');
    };
    const before = await look();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    expect(oldStatesIn(folder.path)).toHaveLength(2);
    expect(await look()).toBe(before);
  });

  it('[O2] covers a sibling that nobody knows, one whose log is nested, and one that was moved', async () => {
    const { base, log, sibling } = await makeFamily();
    const nested = await makeLog(sibling);
    await writeDisk(sibling, nested, [[50_500, 21, 100]]);
    const kept = [await contentOf(sibling), await contentOf(nested)];
    unlinkSync(`${base}.children`);
    expect(await findDependents(base, { except: [log] })).toEqual([]);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    expect([await contentOf(sibling), await contentOf(nested)]).toEqual(kept);
    renameSync(sibling, folder.at('machine', 'other.vmdk.REDO_aaaaaa'));
    expect(await contentOf(folder.at('machine', 'other.vmdk.REDO_aaaaaa'))).toBe(kept[0]);
  });

  it('[O3] the sibling runs on, and its changes can’t be committed into the old state', async () => {
    const { base, log, sibling } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const [oldState = ''] = oldStatesIn(folder.path);
    const untouched = fingerprint([oldState, base]);
    await writeDisk(oldState, sibling, [[3 * mib, 31]]);
    await writeDisk(base, sibling, [[4 * mib, 32]]);
    const refused = { code: 'disk.old-state', details: { file: oldState } };
    await expect(commitRedoLog({ redo: sibling })).rejects.toMatchObject(refused);
    expect((await forecastCommit(sibling)).problem).toMatchObject(refused);
    await expect(openDiskSession({ file: oldState, mode: 'persistent' })).rejects.toMatchObject(refused);
    expect(fingerprint([oldState, base])).toEqual(untouched);
    await discardRedoLog({ redo: sibling });
  });

  it('[O4] the old state is a dependent like any other, and names those that hang through it', async () => {
    const { base, log, sibling } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const [oldState = ''] = oldStatesIn(folder.path);
    expect(await findDependents(base)).toEqual([{ path: oldState }]);
    expect(await findDependents(oldState)).toEqual([{ path: sibling }]);
    const next = await makeLog(base);
    await expect(commitRedoLog({ redo: next })).rejects.toMatchObject({
      code: 'disk.has-dependents',
      details: { dependents: [{ path: oldState }, { path: sibling }] },
    });
    await expect(discardRedoLog({ redo: oldState })).rejects.toMatchObject({
      code: 'disk.has-dependents',
      details: { dependents: [{ path: sibling }] },
    });
  });

  it('[O5] the old state goes only when the user says so, and nothing hangs from it', async () => {
    const { base, log, sibling } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const [oldState = ''] = oldStatesIn(folder.path);
    await discardRedoLog({ redo: sibling, force: true });
    await expect(discardRedoLog({ redo: oldState, force: true })).rejects.toMatchObject({ code: 'disk.old-state' });
    await discardRedoLog({ redo: oldState, isOldStateMeant: true });
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'machine']);
    await writeDisk(base, undefined, [[0, 1]]);
  });

  it('[O6] a second one extends the old state that is the only other dependent', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await contentOf(sibling);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const [oldState = ''] = oldStatesIn(folder.path);
    const next = await makeLog(base);
    await writeDisk(base, next, [
      [mib, 41],
      [3 * mib, 42],
      [0, 43],
    ]);
    const content = await contentOf(next);
    await commitRedoLog({ redo: next, dependents: 'preserve' });
    expect(oldStatesIn(folder.path)).toEqual([oldState]);
    expect(await contentOf(sibling)).toBe(kept);
    expect(await contentOf(base)).toBe(content);
  });

  it('[O6] a log over the present state that nobody knew of is refused then, and does not read wrong', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await contentOf(sibling);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const oldStates = oldStatesIn(folder.path);
    mkdirSync(folder.at('elsewhere'));
    const unknown = await makeLog(base, { directory: folder.at('elsewhere') });
    unlinkSync(`${base}.children`);
    const next = await makeLog(base);
    await writeDisk(base, next, [[mib, 61]]);
    await commitRedoLog({ redo: next, dependents: 'preserve' });
    expect(oldStatesIn(folder.path)).toEqual(oldStates);
    expect(await contentOf(sibling)).toBe(kept);
    await expect(contentOf(unknown)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('[O6] and makes another where more hangs from the parent, which the first then hangs from', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await contentOf(sibling);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const [first = ''] = oldStatesIn(folder.path);
    const later = await makeLog(base, { directory: folder.at('machine') });
    await writeDisk(base, later, [[7 * mib, 51]]);
    const next = await makeLog(base);
    await writeDisk(base, next, [
      [mib, 52],
      [0, 53],
    ]);
    const keptLater = await contentOf(later);
    const { oldState: second } = await commitRedoLog({ redo: next, dependents: 'preserve' });
    expect(oldStatesIn(folder.path).sort()).toEqual([first, second].sort());
    expect(await pathsOf(sibling)).toEqual([sibling, first, second, base]);
    expect(await pathsOf(later)).toEqual([later, second, base]);
    expect([await contentOf(sibling), await contentOf(later)]).toEqual([kept, keptLater]);
    expect(await findDependents(base)).toEqual([{ path: second }]);
  });

  it('[O7] into a log that is then committed itself', async () => {
    const { base, log, sibling } = await makeFamily();
    await discardRedoLog({ redo: sibling });
    const nested = await makeLog(log);
    await writeDisk(log, nested, [[50_000, 61, 9000]]);
    const other = await makeLog(log, { directory: folder.at('machine') });
    await writeDisk(log, other, [[mib, 62]]);
    const kept = await contentOf(other);
    await commitRedoLog({ redo: nested, dependents: 'preserve' });
    expect(await contentOf(other)).toBe(kept);
    const content = await contentOf(log);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    expect(existsSync(log)).toBe(false);
    expect(await contentOf(base)).toBe(content);
    expect(await contentOf(other)).toBe(kept);
    const [oldState = ''] = oldStatesIn(folder.path);
    expect(await findDependents(oldState)).toEqual([{ path: other }]);
  });

  it('[C3] a sibling that runs must be powered off first', async () => {
    const { base, log, sibling } = await makeFamily();
    const session = await openDiskSession({
      file: base,
      mode: 'undoable',
      redo: sibling,
      context: { machineName: 'qa-sp4' },
    });
    await expect(commitRedoLog({ redo: log, dependents: 'preserve' })).rejects.toMatchObject({
      code: 'disk.locked',
      details: { file: base, holder: { machineName: 'qa-sp4' } },
    });
    await session.close();
    expect(oldStatesIn(folder.path)).toEqual([]);
  });

  it('[O8] a commit may break dependents, if that is meant', async () => {
    const { base, log, sibling } = await makeFamily();
    const content = await contentOf(log);
    await commitRedoLog({ redo: log, dependents: 'break' });
    expect(await contentOf(base)).toBe(content);
    await expect(inspectChain(sibling)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });
});

const points: readonly CommitPoint[] = [
  'locked',
  'journal',
  'old-state',
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
const beforeCommitPoint: readonly CommitPoint[] = ['locked', 'journal', 'old-state', 'child-recorded'];
const whileMarked: readonly CommitPoint[] = ['parent-marked', 'copying', 'copied', 'parent-clean'];

describe('a commit that preserves dependents and stops', () => {
  it.each(points)('[O9] after %s reads right for everybody, and ends by the same command', async (point) => {
    const { base, log, sibling } = await makeFamily();
    const [committed, kept] = [await contentOf(log), await contentOf(sibling)];
    await commitUntil(log, point);
    if (existsSync(log)) expect(await contentOf(log)).toBe(committed);
    if (whileMarked.includes(point))
      await expect(inspectChain(sibling)).rejects.toMatchObject({ code: 'disk.commit-unfinished' });
    else expect(await contentOf(sibling)).toBe(kept);
    if (existsSync(log)) await commitRedoLog({ redo: log, dependents: 'preserve' });
    await settleChain(base, {});
    expect(await contentOf(base)).toBe(committed);
    expect(await contentOf(sibling)).toBe(kept);
    expect(oldStatesIn(folder.path)).toHaveLength(1);
    expect(readdirSync(folder.path).filter((name) => /commit|removing|lck|new/.test(name))).toEqual([]);
  });

  it.each(points)('[O9] after %s, extending the old state of an earlier one', async (point) => {
    const { base, log, sibling } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const next = await makeLog(base);
    await writeDisk(base, next, [
      [mib, 71],
      [3 * mib, 72],
      [60_000, 73],
    ]);
    const [committed, kept] = [await contentOf(next), await contentOf(sibling)];
    await commitUntil(next, point);
    if (existsSync(next)) expect(await contentOf(next)).toBe(committed);
    if (whileMarked.includes(point))
      await expect(inspectChain(sibling)).rejects.toMatchObject({ code: 'disk.commit-unfinished' });
    else expect(await contentOf(sibling)).toBe(kept);
    if (beforeCommitPoint.includes(point)) {
      await settleChain(next, {});
      expect(existsSync(`${base}.commit`)).toBe(false);
      expect(await contentOf(sibling)).toBe(kept);
    }
    if (existsSync(next)) await commitRedoLog({ redo: next, dependents: 'preserve' });
    await settleChain(base, {});
    expect([await contentOf(base), await contentOf(sibling)]).toEqual([committed, kept]);
    expect(oldStatesIn(folder.path)).toHaveLength(1);
  });

  it.each(beforeCommitPoint)('[O9] after %s is taken back at the next open', async (point) => {
    const { base, log } = await makeFamily();
    await commitUntil(log, point);
    await settleChain(log, {});
    expect(oldStatesIn(folder.path)).toEqual([]);
    expect(existsSync(`${base}.commit`)).toBe(false);
  });

  it('[O10] takes what the log has gained since, before it goes on', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await contentOf(sibling);
    await commitUntil(log, 'copied');
    await writeDisk(base, log, [
      [mib, 81],
      [3 * mib, 82],
      [50_001, 83, 1],
    ]);
    const content = await contentOf(log);
    await commitUntil(log, 'copied');
    await writeDisk(base, log, [[mib + 8192, 84]]);
    const last = await contentOf(log);
    expect(last).not.toBe(content);
    await commitRedoLog({ redo: log });
    expect([await contentOf(base), await contentOf(sibling)]).toEqual([last, kept]);
  });

  it('[O11] is given up: the parent is mixed, and what the old state kept still reads right', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await contentOf(sibling);
    const next = await makeLog(log);
    await commitUntil(log, 'copied');
    unlinkSync(next);
    unlinkSync(log);
    await expect(inspectChain(base)).rejects.toMatchObject({ code: 'disk.commit-unfinished' });
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'mixed' });
    expect(await contentOf(sibling)).toBe(kept);
    expect((await inspectChain(base)).links[0]?.state).toBe('mixed');
    expect(existsSync(`${base}.commit`)).toBe(false);
    await expect(abandonCommit({ parent: base })).rejects.toMatchObject({ code: 'disk.no-commit' });
  });
});

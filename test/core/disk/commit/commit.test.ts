import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog, type CommitProgress } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { forecastCommit } from '../../../../core/disk/commit/forecast-commit.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { settleChain, unfinishedCommit } from '../../../../core/disk/commit/settle.ts';
import {
  contentOf,
  fingerprint,
  fingerprintFolder,
  inSession,
  makeBase,
  makeLog,
  mib,
  read,
  writeDisk,
} from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

const gib = 2 ** 30;
let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

/** A base with data, and a log with data over it. */
async function makePair(): Promise<{ base: string; log: string }> {
  const base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [
    [0, 1, 100_000],
    [mib, 2],
  ]);
  const log = await makeLog(base);
  await writeDisk(base, log, [
    [50_000, 3, 100_000],
    [5 * mib + 17, 4],
    [0, 0, 4096],
  ]);
  return { base, log };
}

async function generationOf(
  file: string,
): Promise<{ generation: number; contentId: string | undefined; state: string }> {
  const [link] = (await inspectChain(file)).links;
  if (link === undefined) throw new Error('a chain has a link');
  return { generation: link.generation, contentId: link.contentId, state: link.state };
}

describe('commit', () => {
  it('[C1] the base reads as the log did, over segments and grain sizes', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * gib });
    const edge = 4_189_248 * 512;
    await writeDisk(base, undefined, [[edge - 20_000, 1, 40_000]]);
    const log = await makeLog(base);
    await writeDisk(base, log, [
      [edge - 1000, 2, 2000],
      [4 * gib - 512, 3, 512],
      [0, 4, 1],
      [edge + 8192, 0, 4096],
    ]);
    const reads: [number, number][] = [
      [edge - 20_000, 40_000],
      [4 * gib - 4096, 4096],
      [0, 8192],
    ];
    const look = (file: string, redo?: string) =>
      inSession(
        redo === undefined ? { file, mode: 'persistent' } : { file, mode: 'undoable', redo },
        async (device) => {
          const seen: string[] = [];
          for (const [offset, length] of reads)
            seen.push(Buffer.from(await read(device, offset, length)).toString('base64'));
          return seen;
        },
      );
    const expected = await look(base, log);
    const progress: CommitProgress[] = [];
    const result = await commitRedoLog({ redo: log, onProgress: (step) => progress.push(step) });
    expect(result.parent).toBe(base);
    expect(await look(base)).toEqual(expected);
    expect(readdirSync(folder.path).sort()).toEqual(['disk-02.vmdk', 'disk-03.vmdk', 'disk.vmdk']);
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual([
      'preparing',
      'copying',
      'checking',
      'removing',
      'done',
    ]);
    expect(progress.at(-1)).toEqual({
      phase: 'done',
      doneBytes: result.committedBytes,
      totalBytes: result.committedBytes,
    });
  });

  it('[C1] an empty log is committed, too', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base);
    await commitRedoLog({ redo: log });
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  it('[C2] the base changes its generation and content id once', async () => {
    const { base, log } = await makePair();
    const before = await generationOf(base);
    const orphan = await makeLog(log);
    unlinkSync(orphan);
    await commitRedoLog({ redo: log });
    const after = await generationOf(base);
    expect(after.generation).toBeGreaterThan(before.generation);
    expect(after.contentId).not.toBe(before.contentId);
    expect(after.state).toBe('clean');
  });

  it('[C8] only the immediate parent changes', async () => {
    const { base, log } = await makePair();
    const nested = await makeLog(log);
    await writeDisk(log, nested, [[7 * mib, 9]]);
    const content = await contentOf(nested);
    const before = fingerprint([base]);
    await commitRedoLog({ redo: nested });
    expect(fingerprint([base])).toEqual(before);
    expect(await contentOf(log)).toBe(content);
    expect(existsSync(nested)).toBe(false);
  });

  it('[C3] siblings are named, wherever they lie', async () => {
    const { base, log } = await makePair();
    mkdirSync(folder.at('listed'));
    mkdirSync(folder.at('searched'));
    const listed = await makeLog(base, { directory: folder.at('listed') });
    const beside = await makeLog(base, { directory: folder.path });
    const searched = await makeLog(base, { directory: folder.at('searched') });
    unlinkSync(`${base}.children`);
    const before = fingerprintFolder(folder.path);
    await expect(
      commitRedoLog({ redo: log, context: { searchDirectories: [folder.at('searched')] } }),
    ).rejects.toMatchObject({
      code: 'disk.has-dependents',
      details: { file: base, dependents: [{ path: beside }, { path: searched }] },
    });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    await discardRedoLog({ redo: beside });
    await discardRedoLog({ redo: searched });
    writeFileSync(
      `${base}.children`,
      JSON.stringify({ redoubt: 1, children: [{ path: listed }, { path: log }, { path: folder.at('gone') }] }),
    );
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ details: { dependents: [{ path: listed }] } });
    expect((await forecastCommit(log)).problem).toMatchObject({ code: 'disk.has-dependents' });
    await discardRedoLog({ redo: listed });
    await commitRedoLog({ redo: log });
  });

  it('[D2] a listed log in a folder that can’t be reached counts', async () => {
    const { base, log } = await makePair();
    writeFileSync(
      `${base}.children`,
      JSON.stringify({ redoubt: 1, children: [{ path: folder.at('unmounted', 'disk.vmdk.REDO_000000') }] }),
    );
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.has-dependents' });
  });

  it('[C3] a protected base is refused, and so is a base that somebody uses', async () => {
    const { base, log } = await makePair();
    const other = await makeLog(base, { directory: folder.path });
    chmodSync(base, 0o444);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({
      code: 'disk.read-only',
      details: { dependents: [{ path: other }] },
    });
    expect((await forecastCommit(log)).problem).toMatchObject({ code: 'disk.read-only' });
    chmodSync(base, 0o644);
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: other });
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.locked', details: { file: base } });
    await session.close();
    expect(existsSync(`${base}.commit`)).toBe(false);
  });

  it('[C3] a base is no log to commit', async () => {
    const { base } = await makePair();
    await expect(commitRedoLog({ redo: base })).rejects.toMatchObject({ code: 'disk.not-a-redo-log' });
  });

  it('[C6] logs that hang from the log hang from the base afterwards', async () => {
    const { base, log } = await makePair();
    mkdirSync(folder.at('machine'));
    const nested = await makeLog(log, { directory: folder.at('machine') });
    await writeDisk(log, nested, [[6 * mib, 7]]);
    const content = await contentOf(nested);
    await commitRedoLog({ redo: log });
    expect(await contentOf(nested)).toBe(content);
    expect((await inspectChain(nested)).links.map(({ path }) => path)).toEqual([nested, base]);
    await commitRedoLog({ redo: nested });
    expect(await contentOf(base)).toBe(content);
  });

  it('a forecast says what will be needed', async () => {
    const { base, log } = await makePair();
    const forecast = await forecastCommit(log);
    expect(forecast).toMatchObject({ parent: base });
    expect(forecast.problem).toBeUndefined();
    expect(forecast.needBytes).toBeGreaterThan(50_000);
    expect(forecast.needBytes).toBeLessThan(mib);
    expect(forecast.freeBytes).toBeGreaterThan(forecast.needBytes);
  });
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
/** Up to here the base is as it was. */
const beforeCommitPoint = new Set<CommitPoint>(['locked', 'journal', 'child-recorded']);

class Stop extends Error {}

/** A commit that fails after the step before `point`. */
async function commitUntil(log: string, point: CommitPoint): Promise<void> {
  await expect(
    commitRedoLog(
      { redo: log },
      {
        reached: (here) => {
          if (here === point) throw new Stop(point);
        },
      },
    ),
  ).rejects.toThrow(Stop);
}

describe('a commit that stops', () => {
  it.each(points)('[C4] after %s reads as before and ends by the same command', async (point) => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    const old = await contentOf(base);
    await commitUntil(log, point);
    expect(existsSync(log)).toBe(point !== 'removed');
    if (point !== 'removed') expect(await contentOf(log)).toBe(content);
    if (beforeCommitPoint.has(point)) expect(await contentOf(base)).toBe(old);
    if (point === 'removed')
      await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.not-found' });
    else await commitRedoLog({ redo: log });
    await settleChain(base, {});
    expect(await contentOf(base)).toBe(content);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    expect((await generationOf(base)).state).toBe('clean');
  });

  it.each(points)('[C4] after %s is looked at without writing anything', async (point) => {
    const { base, log } = await makePair();
    await commitUntil(log, point);
    const before = fingerprintFolder(folder.path);
    if (existsSync(log)) expect((await inspectChain(log)).links).toHaveLength(2);
    expect(unfinishedCommit(base)).toEqual(point === 'locked' ? undefined : { parent: base, child: log });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it.each(['journal', 'child-recorded'] as const)('[C4] after %s is taken back at the next open', async (point) => {
    const { base, log } = await makePair();
    const [child] = (await inspectChain(log)).links;
    await commitUntil(log, point);
    await settleChain(log, {});
    expect(unfinishedCommit(base)).toBeUndefined();
    expect((await inspectChain(log)).links[0]).toMatchObject({
      generation: child?.generation,
      contentId: child?.contentId,
    });
    // The base may be written again: it is the log that would notice.
    await writeDisk(base, undefined, []);
    await inspectChain(log);
  });

  it.each(['unmarked', 'nested', 'done'] as const)('[C4] after %s is finished by opening the base', async (point) => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    await commitUntil(log, point);
    await inSession({ file: base, mode: 'persistent' }, () => undefined);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    expect(await contentOf(base)).toBe(content);
  });

  it('[C4] can be run on meanwhile, and what was written then is committed as well', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copied');
    await writeDisk(base, log, [
      [50_000, 8, 10],
      [7 * mib, 9, 10_000],
    ]);
    const content = await contentOf(log);
    await commitRedoLog({ redo: log });
    expect(await contentOf(base)).toBe(content);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  it('[C4] goes on with a log that was moved', async () => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    await commitUntil(log, 'copying');
    mkdirSync(folder.at('moved'));
    const moved = folder.at('moved', 'disk.vmdk.REDO');
    renameSync(log, moved);
    await commitRedoLog({ redo: moved, context: { configDirectory: folder.path, trustedPaths: [base] } });
    expect(await contentOf(base)).toBe(content);
    expect(readdirSync(folder.at('moved'))).toEqual([]);
    expect(existsSync(`${base}.commit`)).toBe(false);
  });

  it('[C5] lets nobody else use the base', async () => {
    const { base, log } = await makePair();
    const stopped = { code: 'disk.commit-unfinished', details: { parent: base, child: log } };
    await commitUntil(log, 'copying');
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject(stopped);
    await expect(inspectChain(base)).rejects.toMatchObject(stopped);
    await expect(makeLog(base, { directory: folder.path })).rejects.toMatchObject(stopped);
    await expect(discardRedoLog({ redo: log, force: true })).rejects.toMatchObject(stopped);
    expect(existsSync(log)).toBe(true);
    await commitRedoLog({ redo: log });
  });

  it('[C4] by its signal is an interrupted one', async () => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    const abort = new AbortController();
    const onProgress = ({ phase }: CommitProgress) => {
      if (phase === 'copying') abort.abort();
    };
    const early = new AbortController();
    early.abort();
    await expect(commitRedoLog({ redo: log, signal: early.signal })).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(unfinishedCommit(base)).toBeUndefined();
    // One batch holds all of this log, so the signal comes after the copy; the commit then ends by itself.
    await commitRedoLog({ redo: log, signal: abort.signal, onProgress }).catch(() => commitRedoLog({ redo: log }));
    expect(await contentOf(base)).toBe(content);
  });

  it('[C4] a journal that says nothing is an error, not a guess', async () => {
    const { base, log } = await makePair();
    writeFileSync(`${base}.commit`, '{"redoubt":1}');
    await expect(inspectChain(log)).rejects.toMatchObject({
      code: 'disk.corrupt',
      details: { file: `${base}.commit` },
    });
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.corrupt' });
    rmSync(`${base}.commit`);
    await inspectChain(log);
  });
});

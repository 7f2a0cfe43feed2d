import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abandonCommit } from '../../../../core/disk/commit/abandon-commit.ts';
import { checkChain } from '../../../../core/disk/check/check-chain.ts';
import { commitRedoLog, type CommitProgress } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { forecastCommit } from '../../../../core/disk/commit/forecast-commit.ts';
import { formatNamed } from '../../../../core/disk/formats/open-format.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import { SparseFile } from '../../../support/sparse-file.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

async function makePair(): Promise<{ base: string; log: string }> {
  const base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [[0, 1, 100_000]]);
  const log = await makeLog(base);
  await writeDisk(base, log, [
    [50_000, 3, 100_000],
    [5 * mib + 17, 4],
  ]);
  return { base, log };
}

class Stop extends Error {}

async function commitUntil(redo: string, point: CommitPoint, act: () => void = () => undefined): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here !== point) return;
    act();
    throw new Stop(point);
  };
  await expect(commitRedoLog({ redo }, { reached })).rejects.toThrow(Stop);
}

async function phasesOf(redo: string): Promise<string[]> {
  const phases = new Set<CommitProgress['phase']>();
  await commitRedoLog({ redo, onProgress: ({ phase }) => phases.add(phase) });
  return [...phases];
}

describe('a resumed commit', () => {
  it('[C4] that had everything but its end is done also by another path of its log', async () => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    symlinkSync(log, folder.at('link'));
    await commitUntil(log, 'unmarked');
    expect(await commitRedoLog({ redo: folder.at('link') })).toEqual({ parent: base, committedBytes: 0 });
    expect(existsSync(log)).toBe(false);
    expect(await contentOf(base)).toBe(content);
  });

  it('[C11] keeps its values, and copies nothing again that was synced', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copied');
    const { parent } = JSON.parse(readFileSync(`${base}.commit`, 'utf8')) as { parent: Record<string, unknown> };
    expect(await phasesOf(log)).not.toContain('copying');
    const [link] = (await inspectChain(base)).links;
    expect(link).toMatchObject({ contentId: parent['newContent'], generation: parent['newGeneration'] });
  });

  it('[C11] starts over where the log has other grains, or was put in another order', async () => {
    const { base, log } = await makePair();
    const content = await contentOf(log);
    await commitUntil(log, 'copied');
    appendFileSync(log, new Uint8Array(4096));
    await commitUntil(log, 'copying');
    expect(await phasesOf(log)).toContain('copying');
    expect(await contentOf(base)).toBe(content);
  });

  it('[C11] [K6] starts over where a repair has cleared an entry of the log', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copied');
    const { contentId } = readLinkHead(log).state.record ?? {};
    new SparseFile(log).setGrain(5 * 256, 0x7fff_ff00);
    await checkChain({ file: log, repair: true });
    expect(readLinkHead(log).state.record?.contentId).not.toBe(contentId);
    expect(await phasesOf(log)).toContain('copying');
    expect((await checkChain({ file: base })).findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('[C16] its parent can be looked at meanwhile', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copying');
    const before = fingerprintFolder(folder.path);
    const [link] = (await inspectChain(base, {}, { isMarkedShown: true })).links;
    expect(link).toMatchObject({ path: base, state: 'committing' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });
});

describe('giving a commit up', () => {
  it('[C12] before the parent has changed takes it back, old states too', async () => {
    const { base, log } = await makePair();
    await makeLog(base, { directory: folder.path });
    const old = await contentOf(base);
    const reached = (here: CommitPoint) => {
      if (here === 'child-recorded') throw new Stop();
    };
    await expect(commitRedoLog({ redo: log, dependents: 'preserve' }, { reached })).rejects.toThrow(Stop);
    // The log is away, so that settling alone can't take it back.
    renameSync(log, folder.at('elsewhere'));
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'unchanged' });
    expect(await contentOf(base)).toBe(old);
    expect(readdirSync(folder.path).filter((name) => /\.was_|\.commit/.test(name))).toEqual([]);
  });

  it('[C12] leaves a log that is there after all, wherever it is cut off', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copying');
    renameSync(log, folder.at('away'));
    const unlinkSync = fs.unlinkSync.bind(fs);
    fs.unlinkSync = (path) => {
      if (path === `${base}.commit`) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      unlinkSync(path);
    };
    syncBuiltinESMExports();
    try {
      await expect(abandonCommit({ parent: base })).rejects.toMatchObject({ code: 'disk.io' });
    } finally {
      fs.unlinkSync = unlinkSync;
      syncBuiltinESMExports();
    }
    renameSync(folder.at('away'), log);
    await settleChain(log, {});
    expect(existsSync(log)).toBe(true);
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'mixed' });
    expect(existsSync(log)).toBe(true);
  });

  it('[C12] leaves the log although its journal comes back, from a copy or on a drive that lost its last writes', async () => {
    const { base, log } = await makePair();
    await commitUntil(log, 'copying');
    const journal = readFileSync(`${base}.commit`);
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'mixed' });
    writeFileSync(`${base}.commit`, journal);
    await settleChain(log, {});
    expect(existsSync(log)).toBe(true);
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.parent-changed',
    });
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'mixed' });
    await writeDisk(base, undefined, [[0, 5]]);
  });

  it('[C12] is refused where none was interrupted', async () => {
    const { base } = await makePair();
    const before = fingerprintFolder(folder.path);
    await expect(abandonCommit({ parent: base })).rejects.toMatchObject({ code: 'disk.no-commit' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });
});

describe('logs that hang from the committed log', () => {
  it('[C15] and can’t be reached keep the commit from being begun', async () => {
    const { base, log } = await makePair();
    mkdirSync(folder.at('drive', 'logs'), { recursive: true });
    const nested = await makeLog(log, { directory: folder.at('drive', 'logs') });
    renameSync(folder.at('drive'), folder.at('unplugged'));
    const refused = { code: 'disk.has-dependents', details: { file: log, dependents: [{ path: nested }] } };
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject(refused);
    expect((await forecastCommit(log)).problem).toMatchObject(refused);
    expect(existsSync(`${base}.commit`)).toBe(false);
    await commitRedoLog({ redo: log, dependents: 'break' });
    expect(existsSync(log)).toBe(false);
  });

  it('[C15] and are taken away meanwhile are told when they are back', async () => {
    const { base, log } = await makePair();
    mkdirSync(folder.at('drive', 'logs'), { recursive: true });
    const nested = await makeLog(log, { directory: folder.at('drive', 'logs') });
    await writeDisk(log, nested, [[3 * mib, 7]]);
    const content = await contentOf(nested);
    const reached = (here: CommitPoint) => {
      if (here === 'copied') renameSync(folder.at('drive'), folder.at('unplugged'));
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toMatchObject({ code: 'disk.has-dependents' });
    expect(existsSync(log)).toBe(true);
    renameSync(folder.at('unplugged'), folder.at('drive'));
    await settleChain(base, {});
    expect(existsSync(log)).toBe(false);
    expect(await contentOf(nested)).toBe(content);
  });

  it('[C19] wait for a log whose drive is away, and whose folder is there and empty', async () => {
    const { base } = await makePair();
    mkdirSync(folder.at('drive'));
    const away = await makeLog(base, { directory: folder.at('drive') });
    await writeDisk(base, away, [[4 * mib, 8]]);
    rmSync(folder.at('disk.vmdk.REDO'));
    const content = await contentOf(away);
    await commitUntil(away, 'unmarked');
    renameSync(folder.at('drive'), folder.at('unplugged'));
    mkdirSync(folder.at('drive'));
    await settleChain(base, {});
    expect(existsSync(`${base}.commit`)).toBe(true);
    const written = openDiskSession({ file: base, mode: 'persistent' });
    await expect(written).rejects.toMatchObject({ code: 'disk.commit-unfinished', details: { child: away } });
    rmdirSync(folder.at('drive'));
    renameSync(folder.at('unplugged'), folder.at('drive'));
    await settleChain(base, {});
    expect([existsSync(`${base}.commit`), existsSync(away)]).toEqual([false, false]);
    expect(await contentOf(base)).toBe(content);
  });

  it('[C19] a log that is lost for good on such a drive is given up', async () => {
    const { base } = await makePair();
    mkdirSync(folder.at('drive'));
    rmSync(folder.at('disk.vmdk.REDO'));
    const away = await makeLog(base, { directory: folder.at('drive') });
    await commitUntil(away, 'unmarked');
    rmSync(away);
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'committed' });
    expect(existsSync(`${base}.commit`)).toBe(false);
  });

  it('[C6] read right also between their new name and their new state, with a path too long for the record', async () => {
    const { base, log } = await makePair();
    const deep = folder.at(...Array.from({ length: 6 }, (_, level) => `${String(level)}${'x'.repeat(60)}`));
    mkdirSync(deep, { recursive: true });
    const nested = await makeLog(log, { directory: deep });
    await writeDisk(log, nested, [[3 * mib, 7]]);
    expect(readLinkHead(nested).state.record?.relativePath).toBeDefined();
    // The record's path goes where it does not fit; taken away here, as a longer one would be.
    const head = readLinkHead(nested);
    formatNamed(head.format).changeState(hostFiles, head.files, (state) => {
      if (state.record === undefined) return state;
      const { relativePath: _, ...record } = state.record;
      return { ...state, record };
    });
    const content = await contentOf(nested);
    await commitUntil(log, 'unmarked', () => {
      formatNamed(head.format).changeState(hostFiles, head.files, (state) =>
        state.parent === undefined ? state : { ...state, parent: { ...state.parent, storedName: base } },
      );
    });
    expect(await contentOf(nested)).toBe(content);
    await settleChain(base, {});
    expect(existsSync(log)).toBe(false);
    expect(await contentOf(nested)).toBe(content);
    expect((await inspectChain(nested)).links.map(({ path }) => path)).toEqual([nested, base]);
  });
});

describe('the room that a commit needs', () => {
  it('[C7] is what it takes, an old state counted', async () => {
    const { base, log } = await makePair();
    await makeLog(base, { directory: folder.path });
    const blocks = () =>
      readdirSync(folder.path)
        .filter((name) => basename(log) !== name)
        .reduce((sum, name) => sum + statSync(folder.at(name)).blocks * 512, 0);
    const plain = await forecastCommit(log, {}, 'break');
    const { needBytes, freeBytes } = await forecastCommit(log, {}, 'preserve');
    expect(needBytes).toBeGreaterThan(plain.needBytes + 100_000);
    expect(freeBytes).toBeGreaterThan(needBytes);
    const before = blocks();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const taken = blocks() - before;
    expect(dirname(base)).toBe(folder.path);
    expect(Math.abs(needBytes - taken)).toBeLessThan(80 * 1024);
  });
});

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkChain } from '../../../../core/disk/check/check-chain.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { lockFile } from '../../../../core/disk/locks/file-lock.ts';
import { shrinkDisk, type ShrinkResult } from '../../../../core/disk/shrink/shrink-disk.ts';
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
import { SparseFile } from '../../../support/sparse-file.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 64 * mib });
});
afterEach(() => {
  vi.useRealTimers();
  folder.remove();
});

async function withHoles(file: string): Promise<void> {
  await inSession({ file, mode: 'persistent' }, async (device) => {
    for (let at = 0; at < 32; at++) await write(device, at * mib, 1 + at, 200_000);
    for (let at = 0; at < 32; at += 2) await device.discard(at * mib, mib);
    await device.flush();
  });
}

/** Shrinks, and sees that nobody but the files' lengths notices. */
async function shrink(file: string): Promise<ShrinkResult> {
  const content = await contentOf(file);
  const { state } = readLinkHead(file);
  const result = await shrinkDisk({ file });
  expect(await contentOf(file)).toBe(content);
  expect(readLinkHead(file).state).toEqual(state);
  expect((await checkChain({ file })).findings).toEqual([]);
  return result;
}

describe('shrinking', () => {
  it('[Z1] moves grains from the end into gaps and cuts the file off; who the disk is stays', async () => {
    await withHoles(base);
    const { beforeBytes, afterBytes } = await shrink(base);
    expect(beforeBytes).toBeGreaterThan(5_500_000);
    expect(afterBytes).toBeLessThan(3_500_000);
    expect(afterBytes).toBe(statSync(base).size);
    expect((await shrink(base)).afterBytes).toBe(afterBytes);
  });

  it('[Z2] frees grains of zeros, but not those that hide what a parent has', async () => {
    await writeDisk(base, undefined, [[0, 1, 500_000]]);
    const log = await makeLog(base);
    await inSession({ file: base, mode: 'undoable', redo: log }, async (device) => {
      await write(device, 0, 5, mib);
      await write(device, 10 * mib, 5, mib);
      await write(device, 0, 0, mib);
      await write(device, 10 * mib, 0, mib);
    });
    const { beforeBytes, afterBytes } = await shrink(log);
    // Of 2 MiB of zeros only those over half a MiB of data are needed.
    expect(beforeBytes - afterBytes).toBeGreaterThan(1.5 * mib - 8192);
    expect(beforeBytes - afterBytes).toBeLessThanOrEqual(1.6 * mib);
  });

  it('[Z3] a stopped one leaves a whole file', async () => {
    await withHoles(base);
    const content = await contentOf(base);
    const stop = new AbortController();
    const shrinking = shrinkDisk({
      file: base,
      signal: stop.signal,
      onProgress: () => {
        stop.abort();
      },
    });
    await expect(shrinking).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(await contentOf(base)).toBe(content);
    expect((await checkChain({ file: base })).findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('[L3] one that slept while its lock was broken moves nothing more', async () => {
    const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 160 * mib });
    await inSession({ file: large, mode: 'persistent' }, async (device) => {
      for (let at = 0; at < 160; at++) await write(device, at * mib, 1 + at, mib);
      await device.discard(0, 80 * mib);
    });
    vi.useFakeTimers({ toFake: ['Date'] });
    let before: Buffer | undefined;
    const shrinking = shrinkDisk({
      file: large,
      onProgress: ({ phase }) => {
        if (phase !== 'moving' || before !== undefined) return;
        before = readFileSync(large);
        rmSync(`${large}.lck`, { recursive: true });
        vi.setSystemTime(Date.now() + 60_000);
      },
    });
    await expect(shrinking).rejects.toMatchObject({ code: 'disk.io' });
    expect(before?.equals(readFileSync(large))).toBe(true);
  });

  it('[Z4] is refused for what is in use, protected, damaged or half repaired, and nothing changes', async () => {
    await withHoles(base);
    const lock = await lockFile(base, 'reader', { purpose: 'test' });
    await expect(shrinkDisk({ file: base })).rejects.toMatchObject({ code: 'disk.locked' });
    await lock?.release();
    writeFileSync(`${base}.check-1.json`, '');
    const before = fingerprint([base]);
    await expect(shrinkDisk({ file: base })).rejects.toMatchObject({
      code: 'disk.unsupported',
      message: expect.stringContaining(`remove ${base}.check-1.json first`) as string,
    });
    expect(fingerprint([base])).toEqual(before);
  });

  it('[Z4] a log that is half in its parent is refused: its resume goes by the order of its grains', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[mib, 1, 200_000]]);
    const reached = (point: string) => {
      if (point === 'copying') throw new Error('stop');
    };
    await expect(commitRedoLog({ redo: log }, { reached })).rejects.toThrow('stop');
    const before = fingerprint([log, base]);
    await expect(shrinkDisk({ file: log })).rejects.toMatchObject({
      code: 'disk.commit-unfinished',
      details: { parent: base, child: log },
    });
    expect(fingerprint([log, base])).toEqual(before);
  });

  it('[Z4] a disk with two grains in one place is refused', async () => {
    await withHoles(base);
    const file = new SparseFile(base);
    file.setGrain(130, file.grain(128));
    const before = fingerprint([base]);
    await expect(shrinkDisk({ file: base })).rejects.toMatchObject({ code: 'disk.corrupt' });
    expect(fingerprint([base])).toEqual(before);
  });
});

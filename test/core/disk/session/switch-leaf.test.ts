import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startNbdServer } from '../../../../core/nbd/server.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { openDiskSession, type DiskSession } from '../../../../core/disk/session/session.ts';
import type { SwitchPoint } from '../../../../core/disk/session/switch-leaf.ts';
import { contentOf, fingerprint, makeBase, makeLog, mib, read, write, writeDisk } from '../../../support/disk-kit.ts';
import { DiskOverNbd } from '../../../support/disk-over-nbd.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

async function openUndoable(): Promise<{ base: string; log: string; session: DiskSession }> {
  const base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [[0, 1, 100_000]]);
  const log = await makeLog(base);
  const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
  return { base, log, session };
}

const saved: { file: string; redo: string }[] = [];
const save = (names: { file: string; redo: string }): Promise<void> => {
  saved.push(names);
  return Promise.resolve();
};

class Stop extends Error {}

describe('a leaf switch', () => {
  it('[LS1] lets the guest go on over a new log, and the old leaf keeps the undo point', async () => {
    const { base, log, session } = await openUndoable();
    await write(session.device, 50_000, 2);
    const redo = await session.switchLeaf({ randomSuffix: false, save });
    expect(saved.at(-1)).toEqual({ file: log, redo });
    expect(session).toMatchObject({ file: log, redo, mode: 'undoable' });
    const [point] = (await inspectChain(log)).links;
    expect(point).toMatchObject({ state: 'clean' });
    const kept = await contentOf(log);
    const untouched = fingerprint([base, log]);
    await write(session.device, 50_000, 3);
    expect(await read(session.device, 49_999, 2)).toEqual(new Uint8Array([1, 3]));
    await session.close();
    expect(fingerprint([base, log])).toEqual(untouched);
    expect(await contentOf(log)).toBe(kept);
    expect((await inspectChain(redo)).links.map(({ path }) => path)).toEqual([redo, log, base]);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
  });

  it('[LS1] several times, of a persistent disk too, and in another folder', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const session = await openDiskSession({ file: base, mode: 'persistent' });
    const kept: string[] = [];
    const links = [base];
    for (let value = 1; value < 5; value++) {
      await write(session.device, value * mib, value);
      links.unshift(await session.switchLeaf({ randomSuffix: true, save }));
      kept.unshift(await contentOf(links[1] as string));
    }
    await write(session.device, 0, 9);
    await session.close();
    expect(session.mode).toBe('undoable');
    expect((await inspectChain(links[0] as string)).links.map(({ path }) => path)).toEqual(links);
    for (const [index, link] of links.slice(1).entries()) expect(await contentOf(link)).toBe(kept[index]);
  });

  it('[LS2] locks the new leaf for writing and the old one for reading', async () => {
    const { base, log, session } = await openUndoable();
    const redo = await session.switchLeaf({ randomSuffix: false, save });
    await expect(openDiskSession({ file: log, mode: 'undoable', redo })).rejects.toMatchObject({
      code: 'disk.locked',
      details: { file: redo },
    });
    const beside = await makeLog(log, { directory: folder.path });
    const other = await openDiskSession({ file: log, mode: 'undoable', redo: beside });
    await other.close();
    await session.close();
    expect(existsSync(base)).toBe(true);
  });

  it('[LS3] parks requests, refuses none, and loses none, under a load over NBD', async () => {
    const { session } = await openUndoable();
    const socketPath = folder.at('nbd.sock');
    const server = await startNbdServer({ socketPath, exports: new Map([['', session.device]]) });
    const random = new SeededRandom(7);
    const expected = new Uint8Array(8 * mib);
    expected.set(await read(session.device, 0, 8 * mib));
    const [points, kept]: [string[], string[]] = [[], []];
    let isDone = false;
    // Each guest has a part of the disk to itself, so that what it expects is certain.
    const guest = async (index: number): Promise<void> => {
      const disk = await DiskOverNbd.open(socketPath);
      const start = index * 2 * mib;
      while (!isDone) {
        const offset = start + random.below(2 * mib - 20_000);
        const bytes = new Uint8Array(1 + random.below(20_000)).fill(1 + random.below(255));
        await disk.write(offset, bytes, { isDurable: random.below(8) === 0 });
        expected.set(bytes, offset);
        const at = start + random.below(2 * mib - 5000);
        const seen = await disk.read(at, 5000);
        expect(Buffer.compare(seen, expected.subarray(at, at + 5000))).toBe(0);
        if (random.below(8) === 0) await disk.flush();
      }
      disk.close();
    };
    const guests = [0, 1, 2, 3].map(guest);
    for (let count = 0; count < 5; count++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      const leaf = session.redo as string;
      await session.switchLeaf({
        randomSuffix: true,
        // Long enough for every guest to have a request that waits.
        save: () => new Promise((resolve) => setTimeout(resolve, 20)),
      });
      points.push(leaf);
      kept.push(await contentOf(leaf));
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    isDone = true;
    await Promise.all(guests);
    await server.close();
    await session.close();
    const last = session.redo as string;
    const final = await openDiskSession({ file: session.file, mode: 'undoable', redo: last });
    expect(Buffer.compare(await read(final.device, 0, 8 * mib), expected)).toBe(0);
    await final.close();
    expect((await inspectChain(last)).links).toHaveLength(7);
    for (const [index, leaf] of points.entries()) expect(await contentOf(leaf)).toBe(kept[index]);
  });

  it('[LS4] that can’t be saved changes nothing', async () => {
    const { log, session } = await openUndoable();
    await write(session.device, mib, 4);
    const before = readdirSync(folder.path).sort();
    const refusal = new Error('no room for the configuration');
    const request = { randomSuffix: false, save: () => Promise.reject(refusal), isSaved: () => false };
    await expect(session.switchLeaf(request)).rejects.toBe(refusal);
    expect(readdirSync(folder.path).sort()).toEqual(before);
    expect(session.redo).toBe(log);
    await write(session.device, mib, 5);
    await session.close();
    expect((await inspectChain(log)).links).toHaveLength(2);
  });

  it.each([true, false])('[LS4] that may have been saved opens both ways (written before: %s)', async (isWritten) => {
    const { base, log, session } = await openUndoable();
    if (isWritten) await write(session.device, mib, 4);
    const refusal = new Error('the folder could not be synced');
    let names = { file: base, redo: log };
    const save = (after: { file: string; redo: string }): Promise<void> => {
      names = after;
      return Promise.reject(refusal);
    };
    await expect(session.switchLeaf({ randomSuffix: false, save })).rejects.toBe(refusal);
    if (isWritten) {
      await write(session.device, 3 * mib, 5);
      await session.close();
    } else {
      expect(() => session.device.write(mib, [new Uint8Array(512).fill(7)])).toThrow();
      await expect(session.close()).rejects.toThrow();
    }
    expect(names.file).toBe(log);
    const content = await contentOf(log);
    expect(await contentOf(names.redo)).toBe(content);
    await (await openDiskSession({ file: base, mode: 'undoable', redo: log })).close();
  });

  it.each(['flushed', 'created', 'saved', 'closed', 'lowered'] as const)(
    '[LS5] that fails after %s opens as before or after',
    async (point: SwitchPoint) => {
      const { base, log, session } = await openUndoable();
      await write(session.device, mib, 6);
      const expected = await read(session.device, 0, 8 * mib);
      let names: { file: string; redo: string } = { file: base, redo: log };
      const keep = (after: { file: string; redo: string }): Promise<void> => {
        names = after;
        return Promise.resolve();
      };
      const reached = (here: SwitchPoint): void => {
        if (here === point) throw new Stop(point);
      };
      await expect(session.switchLeaf({ randomSuffix: false, save: keep }, { reached })).rejects.toThrow(Stop);
      const isOver = names.redo === log;
      if (isOver) {
        await write(session.device, mib, 6);
        await session.close();
      } else {
        expect(() => session.device.write(mib, [new Uint8Array(512).fill(7)])).toThrow();
        await expect(session.close()).rejects.toThrow();
      }
      const again = await openDiskSession({ ...names, mode: 'undoable' });
      expect(Buffer.compare(await read(again.device, 0, 8 * mib), expected)).toBe(0);
      await write(again.device, 2 * mib, 7);
      await again.close();
    },
  );

  it('[LS6] is refused where the leaf will be thrown away', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base, { directory: folder.path });
    const session = await openDiskSession({ file: base, mode: 'nonpersistent', redo: log });
    await expect(session.switchLeaf({ randomSuffix: true, save })).rejects.toMatchObject({
      code: 'usage.bad-argument',
    });
    await session.close();
  });
});

import { mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { openDiskSession, type DiskSession } from '../../../../core/disk/session/session.ts';
import { troubleAt, type HostCall } from '../../../support/memory-host/host-faults.ts';
import { installMemoryHost } from '../../../support/memory-host/install-host.ts';
import { MemoryHost, memoryRoot } from '../../../support/memory-host/memory-host.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeSmallBase } from '../../../support/small-disk.ts';

const folder = `${memoryRoot}/disks`;
const seeds = Array.from({ length: 12 }, (_, seed) => seed);
const bytes = [new Uint8Array(4096).fill(7)];

/** A host with a base, and a log over it that holds something; all on the device. */
async function prepare(seed: number): Promise<{ host: MemoryHost; base: string; log: string }> {
  const host = new MemoryHost(seed);
  let names = { base: '', log: '' };
  await host.run(async () => {
    mkdirSync(folder);
    const base = makeSmallBase(folder, 'disk.vmdk', [512, 260]);
    const { file: log } = await createRedoLog({ parent: base, randomSuffix: false });
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await session.device.write(0, bytes);
    await session.close();
    names = { base, log };
  });
  host.disk.syncAll();
  return { host, ...names };
}

const syncOf =
  (file: string) =>
  ({ does, path }: HostCall): boolean =>
    does === 'sync' && path === file;

async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('what is not on the device', () => {
  let uninstall: () => void;
  beforeAll(() => {
    uninstall = installMemoryHost();
  });
  afterAll(() => {
    uninstall();
  });

  it.each([1, 2])('[F5] because sync %i found no room ends the link for good', async (nth) => {
    const { host, base, log } = await prepare(1);
    const faults = troubleAt(nth, { kind: 'error', errno: 'ENOSPC' }, { counts: syncOf(log) });
    await host.run(async () => {
      const { device } = await openDiskSession({ file: base, mode: 'undoable', redo: log });
      expect(await codeOf(() => device.write(8192, bytes))).toBe('disk.io');
      expect(await codeOf(() => device.write(8192, bytes))).toBe('disk.io');
      expect(await codeOf(() => device.flush())).toBe('disk.io');
    }, faults);
  });

  it('[G5] because a new file found no room is taken back', async () => {
    const { host, log } = await prepare(1);
    const before = await host.run(() => Promise.resolve(readdirSync(folder)));
    const isNew = ({ does, path }: HostCall): boolean => does === 'sync' && path.includes('.REDO.REDO');
    const faults = troubleAt(2, { kind: 'error', errno: 'ENOSPC' }, { counts: isNew });
    const made = () => codeOf(() => createRedoLog({ parent: log, randomSuffix: false }));
    expect(await host.run(made, faults)).toBe('disk.no-space');
    expect(await host.run(() => Promise.resolve(readdirSync(folder)))).toEqual(before);
  });

  it.each(seeds)('[LS5] is not what a new leaf is laid over (seed %i)', async (seed) => {
    const { host, base, log } = await prepare(seed);
    let saved = { file: base, redo: log };
    const act = async (session: DiskSession): Promise<void> => {
      await codeOf(() => session.device.write(8192, bytes));
      const save = (names: typeof saved): Promise<void> => {
        saved = names;
        return Promise.resolve();
      };
      await codeOf(() => session.switchLeaf({ randomSuffix: true, save }));
    };
    const faults = troubleAt(2, { kind: 'error', errno: 'ENOSPC' }, { counts: syncOf(log) });
    await host.run(async () => act(await openDiskSession({ file: base, mode: 'undoable', redo: log })), faults);
    host.losePower(new SeededRandom(seed));
    await host.run(async () => {
      const session = await openDiskSession({ ...saved, mode: 'undoable' });
      await session.close();
    });
  });

  it.each(seeds)('[P12] because who wrote it was killed is synced before a log records it (seed %i)', async (seed) => {
    const { host, base, log } = await prepare(seed);
    const before = await host.run(() => Promise.resolve(readLinkHead(log).state.record?.contentId));
    // Killed between the write of the new content id and its sync.
    const faults = troubleAt(2, { kind: 'kill' }, { counts: syncOf(log) });
    await host.run(async () => {
      const { device } = await openDiskSession({ file: base, mode: 'undoable', redo: log });
      await device.write(8192, bytes);
    }, faults);
    const nested = await host.run(async () => {
      expect(readLinkHead(log).state.record?.contentId).not.toBe(before);
      return (await createRedoLog({ parent: log, randomSuffix: true })).file;
    });
    host.losePower(new SeededRandom(seed));
    await host.run(async () => {
      const session = await openDiskSession({ file: log, mode: 'undoable', redo: nested as string });
      await session.close();
    });
  });

  it.each(seeds)('[F8] and was read by the next session is there after its flush (seed %i)', async (seed) => {
    const { host, base, log } = await prepare(seed);
    const request = { file: base, mode: 'undoable', redo: log } as const;
    const first = new Uint8Array(4096);
    await host.run(async () => {
      const { device } = await openDiskSession(request);
      // In place: nothing but the data waits.
      await device.write(0, [new Uint8Array(4096).fill(8)]);
    });
    await host.run(async () => {
      const { device } = await openDiskSession(request);
      await device.read(0, first);
      await device.flush();
    });
    host.losePower(new SeededRandom(seed));
    await host.run(async () => {
      const session = await openDiskSession(request);
      const second = new Uint8Array(4096);
      await session.device.read(0, second);
      expect(second).toEqual(first);
      await session.close();
    });
  });

  it('[LS1] an unclean leaf that nobody has written since is clean after a switch', async () => {
    const { host, base, log } = await prepare(1);
    const request = { file: base, mode: 'undoable', redo: log } as const;
    await host.run(async () => {
      const { device } = await openDiskSession(request);
      await device.write(0, bytes);
    });
    await host.run(async () => {
      expect(readLinkHead(log).state.isClean).toBe(false);
      const session = await openDiskSession(request);
      await session.switchLeaf({ randomSuffix: true, save: () => Promise.resolve() });
      expect(readLinkHead(log).state.isClean).toBe(true);
      await session.close();
    });
  });
});

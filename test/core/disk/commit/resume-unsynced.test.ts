import { existsSync, mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abandonCommit } from '../../../../core/disk/commit/abandon-commit.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { troubleAt, type HostCall } from '../../../support/memory-host/host-faults.ts';
import { installMemoryHost } from '../../../support/memory-host/install-host.ts';
import { MemoryHost, memoryRoot } from '../../../support/memory-host/memory-host.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeSmallBase } from '../../../support/small-disk.ts';

const folder = `${memoryRoot}/disks`;
const bytes = [new Uint8Array(4096).fill(7)];

class Stop extends Error {}

async function commitUntil(redo: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  await expect(commitRedoLog({ redo }, { reached })).rejects.toThrow(Stop);
}

/** A host with a commit that stopped after its commit point; all on the device. */
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
    await commitUntil(log, 'copying');
    names = { base, log };
  });
  host.disk.syncAll();
  return { host, ...names };
}

describe('after a commit that stopped, what is not on the device', () => {
  let uninstall: () => void;
  beforeAll(() => {
    uninstall = installMemoryHost();
  });
  afterAll(() => {
    uninstall();
  });

  it('[C11] because a session on the log was killed is synced before the journal counts it as copied', async () => {
    const { host, base, log } = await prepare(1);
    const syncs = ({ does, path }: HostCall): boolean => does === 'sync' && path === log;
    await host.run(
      async () => {
        const { device } = await openDiskSession({ file: base, mode: 'undoable', redo: log });
        await device.write(8192, bytes);
        await device.flush();
      },
      troubleAt(4, { kind: 'kill' }, { counts: syncs }),
    );
    host.trace = [];
    await host.run(() => commitUntil(log, 'copied'));
    const synced = host.trace.findIndex(syncs);
    expect(synced).toBeGreaterThanOrEqual(0);
    expect(synced).toBeLessThan(
      host.trace.findIndex(({ does, path }) => does === 'write' && path.includes('.redoubt-')),
    );
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    '[C12] is never a journal that would have the log removed of a commit that was given up (seed %i)',
    async (seed) => {
      const { host, base, log } = await prepare(seed);
      // Killed between the removal of the journal and the sync of its folder.
      const afterRemoval = ({ does }: HostCall): boolean => does === 'sync-folder';
      await host.run(
        async () => {
          await abandonCommit({ parent: base });
        },
        troubleAt(1, { kind: 'kill' }, { counts: afterRemoval }),
      );
      await host.run(async () => {
        expect(existsSync(`${base}.commit`)).toBe(false);
        expect(await abandonCommit({ parent: base })).toMatchObject({ state: 'mixed' });
      });
      host.losePower(new SeededRandom(seed));
      await host.run(async () => {
        expect(existsSync(`${base}.commit`)).toBe(false);
        await settleChain(log, {});
        expect(existsSync(log)).toBe(true);
      });
    },
  );
});

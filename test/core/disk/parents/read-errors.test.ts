import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { findDependents } from '../../../../core/disk/parents/dependents.ts';
import { contentOf, makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import { installMemoryHost } from '../../../support/memory-host/install-host.ts';
import { noFaults, type FaultPlan } from '../../../support/memory-host/host-faults.ts';
import { MemoryHost, memoryRoot } from '../../../support/memory-host/memory-host.ts';
import type { StoredDisk } from '../../../support/memory-host/stored-disk.ts';

let uninstall: () => void;
beforeAll(() => {
  uninstall = installMemoryHost();
});
afterAll(() => {
  uninstall();
});

const folder = `${memoryRoot}/disks`;

/** The nth look at a file of such a name fails, once. */
function failing(name: RegExp, nth: number): { plan: FaultPlan; wasMet: () => boolean } {
  let seen = 0;
  return {
    plan: ({ does, path }) => {
      if (!['look', 'open', 'read', 'list'].includes(does) || !name.test(path)) return undefined;
      seen++;
      return seen === nth ? { kind: 'error', errno: 'EIO' } : undefined;
    },
    wasMet: () => seen >= nth,
  };
}

interface Family {
  readonly disk: StoredDisk;
  readonly base: string;
  readonly sibling: string;
  readonly log: string;
}

/** A base, a sibling that lies over an old state of it if there is one, and a log to be committed. */
async function makeFamily({ hasOldState }: { hasOldState: boolean }): Promise<Family> {
  const host = new MemoryHost(7);
  const made = await host.run(async () => {
    mkdirSync(folder);
    const base = await makeBase(`${folder}/disk.vmdk`, { capacityBytes: mib });
    await writeDisk(base, undefined, [[0, 1, 50_000]]);
    const sibling = await makeLog(base, { directory: folder });
    await writeDisk(base, sibling, [[100_000, 2]]);
    if (hasOldState) {
      const first = await makeLog(base, { directory: folder });
      await writeDisk(base, first, [[0, 3, 20_000]]);
      await commitRedoLog({ redo: first, dependents: 'preserve' });
    }
    const log = await makeLog(base, { directory: folder });
    await writeDisk(base, log, [[10_000, 4, 20_000]]);
    return { base, sibling, log };
  });
  if (made === undefined) throw new Error('nothing ends this life');
  host.disk.syncAll();
  return { disk: host.disk, ...made };
}

/** Another host with the same files. */
function hostOf({ disk }: Family): MemoryHost {
  const host = new MemoryHost(8);
  host.disk = disk.copy();
  host.time.advance(3_600_000);
  return host;
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'none';
  } catch (error) {
    if (error instanceof RedoubtError) return (error as RedoubtError).code;
    throw error;
  }
}

describe('[D3] a file that can’t be read now', () => {
  it('is not taken for something that does not hang from the link', async () => {
    const family = await makeFamily({ hasOldState: false });
    const { base, sibling, log } = family;
    for (let nth = 1, isMet = true; isMet; nth++) {
      const host = hostOf(family);
      const { plan, wasMet } = failing(/\.REDO_[0-9a-f]{6}$/, nth);
      let found: readonly { path: string }[] = [];
      const code = await host.run(
        () =>
          codeOf(async () => {
            found = await findDependents(base);
          }),
        plan,
      );
      if (code === 'none') expect(found.map(({ path }) => path).sort()).toEqual([log, sibling].sort());
      else expect(code).toBe('disk.io');
      isMet = wasMet();
    }
  });

  it('is named, with the disk that it may hang from', async () => {
    const family = await makeFamily({ hasOldState: false });
    const { base, log } = family;
    const away = `${folder}/share/other.vmdk.REDO`;
    const plan: FaultPlan = ({ path }) =>
      path.endsWith('share/other.vmdk.REDO') ? { kind: 'error', errno: 'EIO' } : undefined;
    const error = await hostOf(family).run(
      () => commitRedoLog({ redo: log, context: { searchDirectories: [away] } }).catch((thrown: unknown) => thrown),
      plan,
    );
    expect(error).toMatchObject({ code: 'disk.io', details: { file: away, errno: 'EIO', mayHangFrom: base } });
    expect((error as RedoubtError).message).toContain(`${away} (EIO), and it may hang from ${base}: `);
  });

  it('does not let a commit break what it is', async () => {
    const family = await makeFamily({ hasOldState: true });
    const { sibling, log } = family;
    const kept = await hostOf(family).run(() => contentOf(sibling));
    for (let nth = 1, isMet = true; isMet; nth++) {
      const host = hostOf(family);
      const { plan, wasMet } = failing(/\.(REDO|was)_[0-9a-f]{6}$/, nth);
      expect(await host.run(() => codeOf(() => commitRedoLog({ redo: log })), plan)).not.toBe('none');
      expect(await host.run(() => contentOf(sibling))).toBe(kept);
      isMet = wasMet();
    }
  });
});

describe('[O6] a second commit that preserves', () => {
  it('extends the one old state, whichever look fails', async () => {
    const family = await makeFamily({ hasOldState: true });
    const { sibling, log } = family;
    const kept = await hostOf(family).run(() => contentOf(sibling));
    for (let nth = 1, isMet = true; isMet; nth++) {
      const host = hostOf(family);
      const { plan, wasMet } = failing(/\.(children|(REDO|was)_[0-9a-f]{6})$|disks$/, nth);
      const commit = () => codeOf(() => commitRedoLog({ redo: log, dependents: 'preserve' }));
      const code = await host.run(commit, plan);
      if (code !== 'none' && readIn(host).includes(log)) expect(await host.run(commit, noFaults)).toBe('none');
      expect(readIn(host).filter((path) => /disk\.vmdk\.was_[0-9a-f]{6}$/.test(path))).toHaveLength(1);
      expect(await host.run(() => contentOf(sibling))).toBe(kept);
      isMet = wasMet();
    }
  }, 60_000);
});

function readIn(host: MemoryHost): string[] {
  const names: string[] = [];
  host.disk.visit(host.disk.root, false, (_, path) => names.push(`${memoryRoot}${path}`));
  return names;
}

import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { readJournal, writeJournal } from '../../../../core/disk/commit-journal.ts';
import { makeBase, makeLog, mib, writeDisk } from '../../../support/disk-kit.ts';
import type { FaultPlan } from '../../../support/memory-host/host-faults.ts';
import { installMemoryHost } from '../../../support/memory-host/install-host.ts';
import { MemoryHost, memoryRoot } from '../../../support/memory-host/memory-host.ts';

let uninstall: () => void;
beforeAll(() => {
  uninstall = installMemoryHost();
});
afterAll(() => {
  uninstall();
});

const folder = `${memoryRoot}/disks`;
const nextId = 'ab'.repeat(16);

/** A base into which a log was committed, all but the end, and the log is gone. */
async function makeEnded(): Promise<{ base: string; log: string }> {
  mkdirSync(folder);
  const base = await makeBase(`${folder}/disk.vmdk`, { capacityBytes: mib });
  const log = await makeLog(base);
  await writeDisk(base, log, [[10_000, 4, 20_000]]);
  const reached = (point: string) => {
    if (point === 'unmarked') throw new Error('stop');
  };
  await expect(commitRedoLog({ redo: log }, { reached })).rejects.toThrow('stop');
  rmSync(log);
  return { base, log };
}

describe('two processes that settle one commit', () => {
  it('[C9] the slower leaves the journal of the next commit, which the other has begun', async () => {
    const host = new MemoryHost(3);
    const kept = await host.run(async () => {
      const { base } = await makeEnded();
      const journal = readJournal(base);
      if (journal === undefined) throw new Error('there is a journal');
      let isBegun = false;
      const other: FaultPlan = ({ does, path }) => {
        if (isBegun || does !== 'look' || !path.endsWith('disk.vmdk.REDO.removing')) return undefined;
        isBegun = true;
        writeJournal(base, { ...journal, parent: { ...journal.parent, newContentId: nextId } });
        return undefined;
      };
      const life = host.startLife(other);
      await host.runIn(life, () => settleChain(base, {}));
      expect(isBegun).toBe(true);
      return readJournal(base)?.parent.newContentId;
    });
    expect(kept).toBe(nextId);
  });

  it('[C4] alone, one ends it', async () => {
    const host = new MemoryHost(3);
    await host.run(async () => {
      const { base, log } = await makeEnded();
      expect(await settleChain(base, {})).toEqual([{ parent: base, child: log }]);
      expect(readJournal(base)).toBeUndefined();
    });
  });
});

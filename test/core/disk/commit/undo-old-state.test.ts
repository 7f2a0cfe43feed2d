import { closeSync, copyFileSync, existsSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abandonCommit } from '../../../../core/disk/commit/abandon-commit.ts';
import { readJournal, writeJournal } from '../../../../core/disk/commit-journal.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import type { Link } from '../../../../core/disk/chain/link.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../../core/disk/commit/commit-steps.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { fillOldState } from '../../../../core/disk/commit/write-old-state.ts';
import { readLinkHead } from '../../../../core/disk/link-head.ts';
import { closeLinks, openLinks, resolveChain } from '../../../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { fingerprint, inSession, makeBase, makeLog, mib, read, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => {
  folder.remove();
});

class Stop extends Error {}

async function commitUntil(redo: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  await expect(commitRedoLog({ redo, dependents: 'preserve' }, { reached })).rejects.toThrow(Stop);
}

/** A base of two files, a log of it to be committed, and a sibling. */
async function makeFamily(): Promise<{ base: string; log: string; sibling: string }> {
  const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4_189_248 * 512 + 8 * mib });
  const [sibling, log] = [
    await makeLog(base, { directory: folder.path }),
    await makeLog(base, { directory: folder.path }),
  ];
  await writeDisk(base, sibling, [[2000, 11, 3000]]);
  await writeDisk(base, log, [[50_000, 3, 100_000]]);
  return { base, log, sibling };
}

/** What the first of its two files reads, as far as anything was written there. */
async function startOf(base: string, redo: string): Promise<string> {
  return await inSession({ file: base, mode: 'undoable', redo }, async (device) =>
    Buffer.from(await read(device, 0, mib)).toString('latin1'),
  );
}

function oldStateFiles(): string[] {
  return readdirSync(folder.path).filter((name) => /\.was_[0-9a-f]{6}$/.test(name));
}

/** As power loss may leave sectors that were never synced. */
function spoil(file: string, fromByte: number, toByte: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, new Uint8Array(toByte - fromByte).fill(0xdb), 0, toByte - fromByte, fromByte);
  closeSync(fd);
}

describe('an old state that is filled', () => {
  it('[L3] gets nothing once a lock is gone', async () => {
    const { base, log } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const next = await makeLog(base, { directory: folder.path });
    await writeDisk(base, next, [[mib, 5]]);
    const oldState = readLinkHead(folder.at(oldStateFiles().find((name) => name.startsWith('disk.vmdk')) ?? ''));
    const untouched = fingerprint(oldState.files);
    const [child, ...parents] = openLinks(await resolveChain(next, {}));
    const options = {
      signal: undefined,
      checkRight: () => {
        throw new Error('the lock is gone');
      },
    };
    const device = new SessionDevice(new Chain(parents));
    await expect(fillOldState(oldState, child as Link, device, options)).rejects.toThrow('gone');
    closeLinks([child as Link, ...parents]);
    expect(fingerprint(oldState.files)).toEqual(untouched);
  });
});

describe('a commit that is taken back', () => {
  it.each([
    ['all of it', []],
    ['a first file without its first sector', [['disk.vmdk', 0, 512]]],
    ['a first file without the sector that names it', [['disk.vmdk', 1024, 1536]]],
    ['a second file of nothing', [['disk-02.vmdk', 0, 4096]]],
    ['a second file alone', [['disk.vmdk', 0, 0]]],
    [
      'a second file of nothing alone',
      [
        ['disk.vmdk', 0, 0],
        ['disk-02.vmdk', 0, 2048],
      ],
    ],
  ] as const)('[O13] has the old state go that was being made, where a crash has left %s', async (_what, damage) => {
    const { base, log } = await makeFamily();
    await commitUntil(log, 'old-state');
    for (const [name, from, to] of damage) {
      const file = oldStateFiles().find((one) => one.startsWith(`${name}.was`)) ?? '';
      if (to === 0) rmSync(folder.at(file));
      else spoil(folder.at(file), from, to);
    }
    await settleChain(log, {});
    expect(readdirSync(folder.path).filter((name) => /\.was_|\.commit/.test(name))).toEqual([]);
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    expect(existsSync(`${base}.commit`)).toBe(false);
  });

  it('[O13] has it go too where the log is lost and the commit is given up', async () => {
    const { base, log, sibling } = await makeFamily();
    const kept = await startOf(base, sibling);
    await commitUntil(log, 'old-state');
    spoil(folder.at(oldStateFiles().find((name) => name.startsWith('disk.vmdk')) ?? ''), 0, 512);
    rmSync(log);
    expect(await abandonCommit({ parent: base })).toEqual({ parent: base, state: 'unchanged' });
    expect(readdirSync(folder.path).filter((name) => /\.was_|\.commit/.test(name))).toEqual([]);
    expect(await startOf(base, sibling)).toBe(kept);
  });

  it('[O13] leaves what is no part of it', async () => {
    const { base, log } = await makeFamily();
    await commitUntil(log, 'old-state');
    const made = oldStateFiles();
    // Of another disk's old state, and what has no name of one.
    const other = `disk-03${made.find((name) => name.startsWith('disk.vmdk'))?.slice('disk'.length) ?? ''}`;
    copyFileSync(log, folder.at(other));
    writeFileSync(folder.at('plain.bin'), 'mine');
    const untouched = fingerprint([folder.at(other), folder.at('plain.bin')]);
    const journal = readJournal(base);
    if (journal === undefined) throw new Error('there is a journal');
    writeJournal(base, { ...journal, oldState: folder.at('plain.bin') });
    await settleChain(log, {});
    expect(existsSync(`${base}.commit`)).toBe(false);
    expect(fingerprint([folder.at(other), folder.at('plain.bin')])).toEqual(untouched);
    // Nobody names it any more; it hangs from a state that the disk never had.
    expect(oldStateFiles().sort()).toEqual([...made, other].sort());
  });

  it('[O13] leaves one that is damaged and was to be extended', async () => {
    const { base, log } = await makeFamily();
    await commitRedoLog({ redo: log, dependents: 'preserve' });
    const next = await makeLog(base, { directory: folder.path });
    await writeDisk(base, next, [[mib, 5]]);
    await commitUntil(next, 'journal');
    const [first = ''] = oldStateFiles().filter((name) => name.startsWith('disk.vmdk'));
    spoil(folder.at(first), 0, 512);
    const untouched = fingerprint([folder.at(first)]);
    await settleChain(next, {});
    expect(existsSync(`${base}.commit`)).toBe(false);
    expect(fingerprint([folder.at(first)])).toEqual(untouched);
  });
});

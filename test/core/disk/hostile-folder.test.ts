import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { findDependents } from '../../../core/disk/parents/dependents.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { hostFiles } from '../../../core/disk/files/disk-file.ts';
import { patchHeader } from '../../../core/disk/formats/cowd/read-header.ts';
import type { CowdHeader } from '../../../core/disk/formats/cowd/header.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { settleChain } from '../../../core/disk/commit/settle.ts';
import { asNobody, canRunAsNobody } from '../../support/as-nobody.ts';
import { contentOf, fingerprintFolder, inSession, makeBase, makeLog, mib, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

/** Folders as a stranger, an accident or another program may leave them. */

const isPossible = canRunAsNobody();

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
});
afterEach(() => {
  folder.remove();
});

function change(file: string, edit: (header: CowdHeader) => CowdHeader): void {
  const opened = hostFiles.open(file, true);
  try {
    patchHeader(opened, edit);
  } finally {
    opened.close();
  }
}

/** A file as a foreign program writes it: without our line in the description. */
function makeForeign(file: string): void {
  change(file, ({ record: _, ...header }) => ({ ...header, description: '' }));
}

function recordOf(file: string) {
  const { record } = readLinkHead(file).state;
  if (record === undefined) throw new Error('one of ours');
  return record;
}

/** A journal beside `parent` as if a commit of `child` had been as good as done. */
function writeFinishedJournal(parent: string, child: string, link = recordOf(child).linkId): void {
  const { linkId, contentId } = recordOf(parent);
  const { generation } = readLinkHead(parent).state;
  writeFileSync(
    `${parent}.commit`,
    JSON.stringify({
      redoubt: 1,
      child: { link, content: recordOf(child).contentId, path: child },
      parent: {
        link: linkId,
        oldContent: '0'.repeat(32),
        newContent: contentId,
        oldGeneration: 1,
        newGeneration: generation,
      },
      oldState: null,
      syncedBytes: 0,
      phase: 'done',
    }),
  );
}

describe('side files that are none', () => {
  it.each(['commit', 'children'])('[B3] a pipe in the place of .%s makes nobody wait', async (ending) => {
    const log = await makeLog(base);
    execFileSync('rm', ['-f', `${base}.${ending}`]);
    execFileSync('mkfifo', [`${base}.${ending}`]);
    const outcome = commitRedoLog({ redo: log });
    if (ending === 'commit') await expect(outcome).rejects.toMatchObject({ code: 'disk.corrupt' });
    else await outcome;
  });

  it('[B3] a device in the place of the journal is not read', async () => {
    const log = await makeLog(base);
    symlinkSync('/dev/zero', `${base}.commit`);
    await expect(inspectChain(log)).rejects.toMatchObject({
      code: 'disk.corrupt',
      details: { file: `${base}.commit` },
    });
  });

  it('[B3] a journal of a gigabyte is not read', async () => {
    const log = await makeLog(base);
    writeFileSync(`${base}.commit`, '');
    truncateSync(`${base}.commit`, 2 ** 30);
    await expect(inspectChain(log)).rejects.toMatchObject({ code: 'disk.corrupt' });
  });

  it('[B3] a pipe among the locks makes nobody wait', async () => {
    mkdirSync(`${base}.lck`);
    execFileSync('mkfifo', [`${base}.lck/pipe.json`]);
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({ code: 'disk.locked' });
  });

  it('[G5] a log whose parent can’t list it is not made', async () => {
    mkdirSync(`${base}.children`);
    writeFileSync(`${base}.children/something`, '');
    await expect(makeLog(base)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
    expect(existsSync(`${base}.REDO`)).toBe(false);
  });
});

describe('files that are exchanged', () => {
  it('[P3] between being judged and being opened are not opened', async () => {
    const log = await makeLog(base);
    const heads = await resolveChain(log, {});
    copyFileSync(base, folder.at('copy'));
    renameSync(folder.at('copy'), base);
    expect(() => openLinks(heads)).toThrow(
      expect.objectContaining({ code: 'disk.io', details: { file: base, operation: 'open', errno: 'ESTALE' } }),
    );
  });
});

describe('names that lead nowhere', () => {
  it('[P2] a parent whose stored name no file system takes is missing', async () => {
    const log = await makeLog(base);
    const storedName = 'x'.repeat(900);
    change(log, ({ record, ...header }) => {
      const { relativePath: _, ...rest } = record ?? recordOf(log);
      return { ...header, parent: { storedName, generation: 1 }, record: rest };
    });
    const missing = { code: 'disk.parent-missing', details: { expected: storedName } };
    await expect(inspectChain(log)).rejects.toMatchObject(missing);
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject(missing);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject(missing);
    await discardRedoLog({ redo: log, force: true });
  });

  it('[P5] a symbolic link to itself is a loop', async () => {
    symlinkSync('loop.vmdk', folder.at('loop.vmdk'));
    await expect(inspectChain(folder.at('loop.vmdk'))).rejects.toMatchObject({ code: 'disk.loop' });
    const session = openDiskSession({ file: folder.at('loop.vmdk'), mode: 'persistent' });
    await expect(session).rejects.toMatchObject({ code: 'disk.loop' });
  });

  it.skipIf(!isPossible)('[B1] a folder that may not be entered is a permission that is missing', async () => {
    chmodSync(folder.path, 0o755);
    const closed = folder.at('closed');
    mkdirSync(closed);
    const log = await makeLog(base, { directory: folder.path });
    renameSync(base, `${closed}/disk.vmdk`);
    change(log, (header) => ({ ...header, parent: { storedName: `${closed}/disk.vmdk`, generation: 1 } }));
    chmodSync(closed, 0o000);
    chmodSync(log, 0o666);
    try {
      const [answer] = await asNobody(folder.path, {
        call: 'write',
        request: { file: log, mode: 'persistent' },
      });
      expect(answer?.error).toMatchObject({ code: 'disk.permission' });
    } finally {
      chmodSync(closed, 0o755);
    }
  });
});

describe('journals that lie', () => {
  it('[C9] a journal can’t have a base removed', async () => {
    const victim = await makeBase(folder.at('victim.vmdk'));
    writeFinishedJournal(base, victim);
    await settleChain(base, {});
    await openDiskSession({ file: base, mode: 'persistent' }).then(
      (session) => session.close(),
      () => undefined,
    );
    expect(existsSync(victim)).toBe(true);
  });

  it('[C9] a journal can’t have a log of another disk removed or changed', async () => {
    const other = await makeBase(folder.at('other.vmdk'));
    const victim = await makeLog(other);
    const before = readFileSync(victim);
    writeFinishedJournal(base, victim);
    const journal = readFileSync(`${base}.commit`, 'utf8');
    await settleChain(base, {});
    expect(readFileSync(victim).equals(before)).toBe(true);
    const { contentId } = recordOf(base);
    writeFileSync(
      `${base}.commit`,
      journal
        .replace('0'.repeat(32), contentId)
        .replace(`"newContent":"${contentId}"`, `"newContent":"${'1'.repeat(32)}"`),
    );
    await settleChain(base, {});
    expect(readFileSync(victim).equals(before)).toBe(true);
  });

  it('[C10] a log that was written after its commit is never removed', async () => {
    const log = await makeLog(base);
    writeFinishedJournal(base, log);
    const journal = readFileSync(`${base}.commit`, 'utf8');
    execFileSync('rm', [`${base}.commit`]);
    await writeDisk(base, log, [[0, 7]]);
    const content = await contentOf(log);
    writeFileSync(`${base}.commit`, journal);
    await settleChain(log, {});
    expect(existsSync(log)).toBe(true);
    expect(await contentOf(log)).toBe(content);
  });

  it('[P3] the parent is not what its journal speaks of', async () => {
    const log = await makeLog(base);
    writeFinishedJournal(base, log);
    execFileSync('sed', ['-i', `s/${recordOf(base).contentId}/${'3'.repeat(32)}/`, `${base}.commit`]);
    const before = fingerprintFolder(folder.path);
    await expect(openDiskSession({ file: base, mode: 'persistent' })).rejects.toMatchObject({
      code: 'disk.parent-changed',
    });
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.parent-changed' });
    expect(fingerprintFolder(folder.path)).toEqual(before);
  });

  it('[G5] a new base takes over nobody’s journal', async () => {
    const log = await makeLog(base);
    writeFinishedJournal(base, log);
    renameSync(base, folder.at('elsewhere.vmdk'));
    await expect(createBase({ file: base, capacityBytes: mib, split: true, bus: 'ide' })).rejects.toMatchObject({
      code: 'disk.exists',
      details: { file: `${base}.commit` },
    });
  });
});

describe('leftovers of removals', () => {
  it('[R3] what says to be a removal takes no segment of a foreign base with it', async () => {
    const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const files = ['large.vmdk', 'large-02.vmdk', 'large-03.vmdk'].map((name) => folder.at(name));
    const log = await makeLog(large);
    renameSync(log, `${large}.removing`);
    for (const file of [...files, `${large}.removing`]) makeForeign(file);
    await inSession({ file: large, mode: 'persistent' }, () => undefined);
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
  });

  it('[R3] a copy of a log under that name does not take its segments with it', async () => {
    const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const log = await makeLog(large);
    copyFileSync(log, `${log}.removing`);
    await inSession({ file: large, mode: 'undoable', redo: log }, () => undefined);
    expect(existsSync(folder.at('large-02.vmdk.REDO'))).toBe(true);
  });

  it('[R1] a log is discarded although an older one of its name was left half removed', async () => {
    const log = await makeLog(base);
    renameSync(log, folder.at('aside'));
    const again = await makeLog(base);
    renameSync(folder.at('aside'), `${log}.removing`);
    await discardRedoLog({ redo: again });
    expect(existsSync(again)).toBe(false);
    expect(existsSync(`${log}.removing`)).toBe(false);
  });

  it('[R3] what lies in the way of a removal does not keep a commit from being settled', async () => {
    const log = await makeLog(base);
    writeFinishedJournal(base, log);
    writeFileSync(`${base}.removing`, 'a note');
    await settleChain(base, {});
    expect(existsSync(`${base}.commit`)).toBe(false);
    expect(existsSync(log)).toBe(false);
  });

  it('[R1] the list of logs that hung from a log goes with it', async () => {
    const log = await makeLog(base);
    mkdirSync(folder.at('machine'));
    await makeLog(log, { directory: folder.at('machine') });
    await commitRedoLog({ redo: log });
    expect(existsSync(`${log}.children`)).toBe(false);
  });
});

describe('commits that could not be carried through', () => {
  it.each(['disk.vmdk.REDO', 'disk.vmdk'])(
    '[C3] are refused before they begin: %s has several hard links',
    async (name) => {
      const log = await makeLog(base);
      mkdirSync(folder.at('elsewhere'));
      linkSync(folder.at(name), folder.at('elsewhere', 'second'));
      const before = fingerprintFolder(folder.path);
      await expect(commitRedoLog({ redo: log })).rejects.toMatchObject({ code: 'disk.unsupported' });
      expect(fingerprintFolder(folder.path)).toEqual(before);
    },
  );

  it('[C10] a log that is as good as committed takes no more writes', async () => {
    const log = await makeLog(base);
    const nested = await makeLog(log);
    writeFinishedJournal(base, log);
    execFileSync('sed', ['-i', 's/"done"/"copying"/', `${base}.commit`]);
    // So it can’t be settled yet.
    chmodSync(nested, 0o444);
    const unfinished = { code: 'disk.commit-unfinished' };
    await expect(openDiskSession({ file: base, mode: 'undoable', redo: log })).rejects.toMatchObject(unfinished);
    await expect(makeLog(log, { directory: folder.path })).rejects.toMatchObject(unfinished);
    await expect(commitRedoLog({ redo: log })).rejects.toMatchObject(unfinished);
    chmodSync(nested, 0o644);
    await settleChain(log, {});
    expect((await inspectChain(nested)).links.map(({ path }) => basename(path))).toEqual([
      basename(nested),
      'disk.vmdk',
    ]);
  });

  it('[C5] nobody else commits into a base whose journal is not settled', async () => {
    const log = await makeLog(base);
    const other = await makeLog(base, { directory: folder.path });
    writeFinishedJournal(base, log);
    const { contentId } = recordOf(base);
    const { generation } = readLinkHead(base).state;
    execFileSync('sed', [
      '-i',
      `s/"newContent":"${contentId}"/"newContent":"${'4'.repeat(32)}"/;s/${'0'.repeat(32)}/${contentId}/;s/"oldGeneration":1/"oldGeneration":${String(generation)}/`,
      `${base}.commit`,
    ]);
    renameSync(log, folder.at('lost'));
    execFileSync('rm', [folder.at('lost'), '-f']);
    await expect(commitRedoLog({ redo: other })).rejects.toMatchObject({ code: 'disk.commit-unfinished' });
    expect(existsSync(`${base}.commit`)).toBe(true);
  });

  it('[C4] a commit that was not begun is taken back where the log was moved', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 5]]);
    const content = await contentOf(log);
    await commitRedoLog(
      { redo: log },
      {
        reached: (point) => {
          if (point === 'child-recorded') throw new Error('stop');
        },
      },
    ).catch(() => undefined);
    mkdirSync(folder.at('moved'));
    const moved = folder.at('moved', 'disk.vmdk.REDO');
    renameSync(log, moved);
    const context = { trustedPaths: [base], configDirectory: folder.path };
    await commitRedoLog({ redo: moved, context });
    expect(await contentOf(base)).toBe(content);
    expect(existsSync(`${base}.commit`)).toBe(false);
  });
});

describe('dependents that can’t be looked at', () => {
  it.skipIf(process.getuid?.() !== 0 || !isPossible)('[D2] a log that this user may not read counts', async () => {
    chmodSync(folder.path, 0o777);
    chmodSync(base, 0o666);
    const log = await makeLog(base, { directory: folder.path });
    const secret = await makeLog(base, { directory: folder.path });
    chmodSync(log, 0o666);
    chmodSync(secret, 0o600);
    const [answer] = await asNobody(folder.path, { call: 'commit', redo: log });
    expect(answer?.error).toMatchObject({ code: 'disk.has-dependents', details: { dependents: [{ path: secret }] } });
    expect(await findDependents(base)).toHaveLength(2);
    await createRedoLog({ parent: base, randomSuffix: false });
  });
});

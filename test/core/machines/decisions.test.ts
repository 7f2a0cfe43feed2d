// One thing: what becomes of answers about waiting changes; long because each moment to be killed at is a case.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { commitToCopy } from '../../../core/disk/commit/commit-to-copy.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import {
  carryOutDecisions,
  DecisionPostponed,
  recordDecisions,
  type CommitCarrier,
} from '../../../core/machines/carry-out-decisions.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { findWaitingChanges, keptRedo, namedRedo } from '../../../core/machines/waiting-changes.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { Library } from '../../../core/machines/library.ts';
import { MachineIndex } from '../../../core/machines/machine-index.ts';
import { decisionPath, readDecisions, writeDecisions } from '../../../core/machines/decision-file.ts';
import { fingerprint } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const mib = 1024 * 1024;
const alone = new MachineIndex([]);
const commit: CommitCarrier = async (row, context) => {
  await commitRedoLog({ redo: row.redo, context });
};

describe('decisions', () => {
  let folder: TempFolder;
  let configPath: string;
  const context = () => ({ settingsDirectory: folder.at('settings') });
  const logOf = (name: string): string => folder.at(`${name}.vmdk.REDO`);
  const configuration = () => loadConfiguration(configPath);
  const named = (slot: string): string | undefined => configuration().disks.find((disk) => disk.slot === slot)?.redo;

  /** Two undoable disks with a kept log each, and a megabyte of 7s in it. */
  beforeEach(async () => {
    folder = makeTempFolder();
    configPath = folder.at('qa.vmx');
    for (const name of ['a', 'b']) {
      await createBase({ file: folder.at(`${name}.vmdk`), capacityBytes: 4 * mib, split: false, bus: 'ide' });
      await createRedoLog({ parent: folder.at(`${name}.vmdk`), randomSuffix: false, context: context() });
      await write(name, 7);
    }
    const disk = (slot: string, name: string): string =>
      `${slot}.present = "TRUE"\n${slot}.fileName = "${name}.vmdk"\n${slot}.mode = "undoable"\n${slot}.redo = "${name}.vmdk.REDO"\n`;
    writeFileSync(configPath, disk('ide0:0', 'a') + disk('ide0:1', 'b'));
  });
  afterEach(() => {
    folder.remove();
  });

  async function write(name: string, value: number): Promise<void> {
    const session = await openDiskSession({
      file: folder.at(`${name}.vmdk`),
      mode: 'undoable',
      redo: logOf(name),
      context: context(),
    });
    await session.device.write(0, [Buffer.alloc(mib, value)]);
    await session.close();
  }

  async function describeLog(): Promise<{ linkId?: string; contentId?: string }> {
    const identity = identifyFile(logOf('a'));
    if (identity.kind !== 'redo-log') throw new Error('no log');
    const { linkId = '', contentId = '' } = identity;
    return Promise.resolve({ linkId, contentId });
  }

  async function firstByte(name: string): Promise<number> {
    const session = await openDiskSession({ file: folder.at(`${name}.vmdk`), mode: 'persistent', context: context() });
    const target = Buffer.alloc(1);
    await session.device.read(0, target);
    await session.close();
    return target[0] ?? -1;
  }

  it('commit of a log whose drive is away, and whose folder is there and empty, is a keep', async () => {
    mkdirSync(folder.at('drive'));
    const parent = folder.at('a.vmdk');
    await discardRedoLog({ redo: logOf('a'), context: context() });
    const { file: redo } = await createRedoLog({ parent, directory: folder.at('drive'), randomSuffix: true });
    writeFileSync(configPath, readFileSync(configPath, 'utf8').replace('"a.vmdk.REDO"', `"${redo}"`));
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit' }]);
    renameSync(folder.at('drive'), folder.at('unplugged'));
    mkdirSync(folder.at('drive'));
    await expect(carryOutDecisions(configPath, context(), alone, commit)).rejects.toMatchObject({
      code: 'disk.not-found',
      details: { file: redo },
    });
    expect(named('ide0:0')).toBe(redo);
    rmdirSync(folder.at('drive'));
    renameSync(folder.at('unplugged'), folder.at('drive'));
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit' }]);
    // Its folder is empty when it is committed, and the machine forgets it.
    await carryOutDecisions(configPath, context(), alone, async (row, given) => {
      await commit(row, given);
      throw new DecisionPostponed();
    });
    await carryOutDecisions(configPath, context(), alone, commit);
    expect([existsSync(redo), named('ide0:0')]).toEqual([false, undefined]);
  });

  describe('a log whose drive is away, and whose folder is there and empty', () => {
    let redo: string;
    const keptNow = (): (string | undefined)[] => configuration().disks.map((disk) => keptRedo(configuration(), disk));
    beforeEach(async () => {
      mkdirSync(folder.at('drive'));
      await discardRedoLog({ redo: logOf('a'), context: context() });
      const parent = folder.at('a.vmdk');
      ({ file: redo } = await createRedoLog({ parent, directory: folder.at('drive'), randomSuffix: true }));
      writeFileSync(configPath, readFileSync(configPath, 'utf8').replace('"a.vmdk.REDO"', `"${redo}"`));
      renameSync(folder.at('drive'), folder.at('unplugged'));
      mkdirSync(folder.at('drive'));
    });

    it('is not forgotten: it waits, and nothing goes on without it', async () => {
      expect(keptNow()).toEqual([redo, logOf('b')]);
      await expect(findWaitingChanges(configuration(), context())).rejects.toMatchObject({
        code: 'disk.not-found',
        details: { file: redo },
      });
      rmdirSync(folder.at('drive'));
      renameSync(folder.at('unplugged'), folder.at('drive'));
      expect(await findWaitingChanges(configuration(), context())).toHaveLength(2);
    });

    it('is not forgotten where its disk is away with it', () => {
      unlinkSync(folder.at('a.vmdk'));
      unlinkSync(folder.at('a.vmdk.children'));
      expect(keptNow()).toEqual([redo, logOf('b')]);
    });

    it('is forgotten once it is discarded', async () => {
      recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'discard' }]);
      await carryOutDecisions(configPath, context(), alone, commit);
      expect(keptNow()).toEqual([undefined, logOf('b')]);
    });

    it('counts as gone where it was of a nonpersistent session, or the folder shows other things', () => {
      writeFileSync(folder.at('drive', 'other'), '');
      expect(keptNow()).toEqual([undefined, logOf('b')]);
      unlinkSync(folder.at('drive', 'other'));
      appendFileSync(configPath, 'redoubt.ide0:0.redoMode = "nonpersistent"\n');
      expect(configuration().disks.map((disk) => namedRedo(configuration(), disk))).toEqual([undefined, logOf('b')]);
    });
  });

  it.each(['commit', 'discard'] as const)(
    '%s of a log that another machine has as its disk is refused',
    async (answer) => {
      const otherPath = folder.at('other.vmx');
      writeFileSync(otherPath, 'displayName = "other"\nide0:0.present = "TRUE"\nide0:0.fileName = "a.vmdk.REDO"\n');
      const other = loadConfiguration(otherPath);
      const index = new MachineIndex([
        { id: 'other', configuration: other, diskPaths: [realpathSync(logOf('a'))], redoPaths: [] },
      ]);
      recordDecisions(configuration(), [{ slot: 'ide0:0', answer }]);
      await expect(carryOutDecisions(configPath, context(), index, commit)).rejects.toMatchObject({
        code: 'disk.has-dependents',
        details: { dependents: [{ machineName: 'other' }] },
      });
      expect(existsSync(logOf('a'))).toBe(true);
      expect(named('ide0:0')).toBe('a.vmdk.REDO');
      expect(readDecisions(configPath)).toEqual([]);
    },
  );

  it('differ by disk, and leave nothing behind', async () => {
    recordDecisions(configuration(), [
      { slot: 'ide0:0', answer: 'commit' },
      { slot: 'ide0:1', answer: 'discard' },
    ]);
    expect(readDecisions(configPath)).toHaveLength(2);
    await carryOutDecisions(configPath, context(), alone, commit);
    expect([await firstByte('a'), await firstByte('b')]).toEqual([7, 0]);
    expect([named('ide0:0'), named('ide0:1')]).toEqual([undefined, undefined]);
    expect([logOf('a'), logOf('b'), decisionPath(configPath)].filter((path) => existsSync(path))).toEqual([]);
  });

  it('about one disk leave what was decided about another', async () => {
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit' }]);
    recordDecisions(configuration(), [{ slot: 'ide0:1', answer: 'commit' }]);
    expect(readDecisions(configPath).map((row) => row.slot)).toEqual(['ide0:0', 'ide0:1']);
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'keep' }]);
    expect(readDecisions(configPath).map((row) => row.slot)).toEqual(['ide0:1']);
  });

  it('keep writes nothing down', async () => {
    recordDecisions(configuration(), [
      { slot: 'ide0:0', answer: 'keep' },
      { slot: 'ide0:1', answer: 'keep' },
    ]);
    expect(existsSync(decisionPath(configPath))).toBe(false);
  });

  it('go on after a crash at any point between two steps', async () => {
    // What a crash leaves: the log gone, but named and still on the list; then the name gone, too.
    const before = readFileSync(configPath);
    const crashes: (() => Promise<void> | void)[] = [
      async () => {
        await discardRedoLog({ redo: logOf('b'), context: context() });
      },
      () => {
        writeFileSync(configPath, before.toString().replace('ide0:1.redo = "b.vmdk.REDO"', 'ide0:1.redo = ""'));
      },
    ];
    recordDecisions(configuration(), [{ slot: 'ide0:1', answer: 'discard' }]);
    const rows = readDecisions(configPath);
    for (const crash of crashes) {
      await crash();
      writeDecisions(configPath, rows);
      await carryOutDecisions(configPath, context(), alone, commit);
      expect(readDecisions(configPath)).toEqual([]);
      expect(existsSync(logOf('b'))).toBe(false);
      expect(named('ide0:1')).toBeUndefined();
    }
    expect(named('ide0:0')).toBe('a.vmdk.REDO');
  });

  it('leave commits on the list for somebody who can carry them out', async () => {
    recordDecisions(configuration(), [
      { slot: 'ide0:0', answer: 'commit' },
      { slot: 'ide0:1', answer: 'discard' },
    ]);
    await carryOutDecisions(configPath, context(), alone);
    expect(readDecisions(configPath).map((row) => row.slot)).toEqual(['ide0:0']);
    await carryOutDecisions(configPath, context(), alone, () => Promise.reject(new DecisionPostponed()));
    expect(readDecisions(configPath)).toHaveLength(1);
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(await firstByte('a')).toBe(7);
  });

  it('do not hold for a log that was written since', async () => {
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'discard' }]);
    await write('a', 9);
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(existsSync(logOf('a'))).toBe(true);
    expect(named('ide0:0')).toBe('a.vmdk.REDO');
    expect(readDecisions(configPath)).toEqual([]);
  });

  it('that are refused become a keep, and the others are carried out', async () => {
    recordDecisions(configuration(), [
      { slot: 'ide0:0', answer: 'commit' },
      { slot: 'ide0:1', answer: 'discard' },
    ]);
    const refusal = new RedoubtError('disk.no-space', 'full', { file: 'a' });
    await expect(carryOutDecisions(configPath, context(), alone, () => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(named('ide0:0')).toBe('a.vmdk.REDO');
    expect(existsSync(logOf('a'))).toBe(true);
    expect(existsSync(logOf('b'))).toBe(false);
    expect(readDecisions(configPath)).toEqual([]);
  });

  it.each(['commit', 'discard'] as const)(
    'to %s a log on a drive that is away do not take it for gone',
    async (answer) => {
      mkdirSync(folder.at('drive'));
      const parent = folder.at('a.vmdk');
      const { file } = await createRedoLog({
        parent,
        directory: folder.at('drive'),
        randomSuffix: true,
        context: context(),
      });
      const text = readFileSync(configPath, 'utf8');
      writeFileSync(configPath, text.replace('ide0:0.redo = "a.vmdk.REDO"', `ide0:0.redo = "${file}"`));
      await discardRedoLog({ redo: logOf('a'), context: context() });
      recordDecisions(configuration(), [{ slot: 'ide0:0', answer }]);
      renameSync(folder.at('drive'), folder.at('away'));
      await expect(carryOutDecisions(configPath, context(), alone, commit)).rejects.toMatchObject({
        code: 'disk.not-found',
      });
      expect(named('ide0:0')).toBe(file);
    },
  );

  it('an interrupted commit is finished by carrying it out again', async () => {
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit' }]);
    const rows = readDecisions(configPath);
    const interrupted: CommitCarrier = async (row) => {
      await commitRedoLog({ redo: row.redo, context: context(), signal: AbortSignal.abort() });
    };
    await expect(carryOutDecisions(configPath, context(), alone, interrupted)).rejects.toMatchObject({
      code: 'job.cancelled',
    });
    expect(named('ide0:0')).toBe('a.vmdk.REDO');
    writeDecisions(configPath, rows); // as if the process had been killed instead
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(await firstByte('a')).toBe(7);
    expect(named('ide0:0')).toBeUndefined();
  });

  it('about logs of other machines are nothing to this one', async () => {
    // A folder copied with its list: the copy names the log that the original made, and means it.
    const owner = 'a'.repeat(32);
    await discardRedoLog({ redo: logOf('a'), context: context() });
    await createRedoLog({ parent: folder.at('a.vmdk'), randomSuffix: false, owner, context: context() });
    const original = configuration();
    const rows = [{ slot: 'ide0:0', redo: logOf('a'), answer: 'discard' as const }];
    const log = await describeLog();
    writeDecisions(configPath, [{ ...rows[0]!, ...log }]);
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(existsSync(logOf('a'))).toBe(true);
    expect(readDecisions(configPath)).toEqual([]);
    recordDecisions(original, [{ slot: 'ide0:0', answer: 'discard' }]);
    expect(readDecisions(configPath)).toEqual([]);
    expect(await findWaitingChanges(original, context())).toMatchObject([{ slot: 'ide0:1' }]);
    writeFileSync(configPath, `uuid.bios = "${owner}"\n${readFileSync(configPath, 'utf8')}`);
    expect(await findWaitingChanges(configuration(), context())).toHaveLength(2);
  });

  it('about logs that the configuration does not name are dropped', async () => {
    const config = readFileSync(configPath, 'utf8');
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'discard' }]);
    writeFileSync(configPath, config.replace('ide0:0.redo = "a.vmdk.REDO"', 'ide0:0.redo = "other.vmdk.REDO"'));
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(existsSync(logOf('a'))).toBe(true);
    expect(readDecisions(configPath)).toEqual([]);
  });

  it('a log that is of no use any more can still be thrown away', async () => {
    const session = await openDiskSession({ file: folder.at('a.vmdk'), mode: 'persistent', context: context() });
    await session.device.write(0, [Buffer.alloc(512, 1)]);
    await session.close();
    await expect(findWaitingChanges(configuration(), context())).rejects.toMatchObject({ code: 'disk.parent-changed' });
    recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'discard' }]);
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(existsSync(logOf('a'))).toBe(false);
    expect(named('ide0:0')).toBeUndefined();
  });

  describe('a log that becomes the disk of another machine while work goes on that takes long', () => {
    let library: Library;
    const become = async (disk: string): Promise<void> => {
      const otherPath = folder.at('other.vmx');
      writeFileSync(otherPath, `displayName = "other"\nide0:0.present = "TRUE"\nide0:0.fileName = "${disk}"\n`);
      await library.add({ id: 'e'.repeat(32), configPath: otherPath });
    };
    beforeEach(() => {
      library = new Library(folder.at('settings'));
    });

    it('is not discarded after another was committed', async () => {
      recordDecisions(configuration(), [
        { slot: 'ide0:0', answer: 'commit' },
        { slot: 'ide0:1', answer: 'discard' },
      ]);
      const carried = carryOutDecisions(configPath, context(), MachineIndex.read(library), async (row, open) => {
        await become('b.vmdk.REDO');
        await commit(row, open);
      });
      await expect(carried).rejects.toMatchObject({ code: 'disk.has-dependents' });
      expect([existsSync(logOf('a')), existsSync(logOf('b'))]).toEqual([false, true]);
      expect(named('ide0:1')).toBe('b.vmdk.REDO');
    });

    it('is not discarded after it was copied; its machine goes over to the copy', async () => {
      recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit', copyTo: 'copy.vmdk' }]);
      const carried = carryOutDecisions(configPath, context(), MachineIndex.read(library), async (row, open) => {
        await commitToCopy({ redo: row.redo, file: row.copyTo ?? '', linkId: row.copyLinkId, context: open });
        await become('a.vmdk.REDO');
      });
      await expect(carried).rejects.toMatchObject({ code: 'disk.has-dependents' });
      expect(existsSync(logOf('a'))).toBe(true);
      expect(configuration().disks[0]).toMatchObject({ fileName: 'copy.vmdk' });
    });
  });

  it('an answer that can not be read is a keep', async () => {
    writeFileSync(decisionPath(configPath), '{"redoubt":1,"rows":[{"slot":"ide0:0"');
    await carryOutDecisions(configPath, context(), alone, commit);
    expect(existsSync(logOf('a'))).toBe(true);
  });

  describe('a commit to a new copy', () => {
    const copies: CommitCarrier = async ({ redo, copyTo = '', copyLinkId }, open) => {
      await commitToCopy({ redo, file: copyTo, linkId: copyLinkId, context: open });
    };
    const decided = [{ slot: 'ide0:0', answer: 'commit', copyTo: 'copy.vmdk' }] as const;

    it('gives the machine the copy as its disk, and its log is gone; the parent stays', async () => {
      const before = fingerprint([folder.at('a.vmdk')]);
      recordDecisions(configuration(), decided);
      await carryOutDecisions(configPath, context(), alone, copies);
      expect(existsSync(logOf('a'))).toBe(false);
      expect(configuration().disks[0]).toMatchObject({ fileName: 'copy.vmdk', mode: 'undoable', redoSessions: 0 });
      expect(named('ide0:0')).toBeUndefined();
      expect(readDecisions(configPath)).toEqual([]);
      expect(fingerprint([folder.at('a.vmdk')])).toEqual(before);
      expect(await firstByte('copy')).toBe(7);
    });

    it('goes on after a crash between the copy and the configuration; what is no copy of it is in the way', async () => {
      recordDecisions(configuration(), decided);
      const rows = readDecisions(configPath);
      await Promise.all(rows.map((row) => copies(row, context())));
      writeDecisions(
        configPath,
        rows.map((row) => ({ ...row, copyLinkId: 'd'.repeat(32) })),
      );
      await expect(carryOutDecisions(configPath, context(), alone, copies)).rejects.toMatchObject({
        code: 'disk.exists',
      });
      expect(named('ide0:0')).toBe('a.vmdk.REDO');
      writeDecisions(configPath, rows);
      await carryOutDecisions(configPath, context(), alone, copies);
      expect(configuration().disks[0]).toMatchObject({ fileName: 'copy.vmdk' });
      expect(existsSync(logOf('a'))).toBe(false);
      expect(await firstByte('copy')).toBe(7);
    });

    it('is refused with a name that is taken or none, before anything is written down', () => {
      for (const [copyTo, code] of [
        ['b.vmdk', 'disk.exists'],
        ['copy.iso', 'disk.bad-name'],
      ] as const) {
        expect(() => {
          recordDecisions(configuration(), [{ slot: 'ide0:0', answer: 'commit', copyTo }]);
        }).toThrow(expect.objectContaining({ code }) as Error);
      }
      expect(readDecisions(configPath)).toEqual([]);
    });

    it('is a keep where it fails, or where others hang from the log', async () => {
      const { file: nested } = await createRedoLog({ parent: logOf('a'), randomSuffix: false, context: context() });
      recordDecisions(configuration(), decided);
      await expect(carryOutDecisions(configPath, context(), alone, copies)).rejects.toMatchObject({
        code: 'disk.has-dependents',
      });
      expect(existsSync(folder.at('copy.vmdk'))).toBe(false);
      await discardRedoLog({ redo: nested, context: context() });
      recordDecisions(configuration(), decided);
      const full: CommitCarrier = () => {
        throw new RedoubtError('disk.no-space', 'full', { file: 'copy.vmdk' });
      };
      await expect(carryOutDecisions(configPath, context(), alone, full)).rejects.toMatchObject({
        code: 'disk.no-space',
      });
      expect(named('ide0:0')).toBe('a.vmdk.REDO');
      expect(readDecisions(configPath)).toEqual([]);
    });

    it('goes on after a crash in discarding', async () => {
      recordDecisions(configuration(), decided);
      const rows = readDecisions(configPath);
      await carryOutDecisions(configPath, context(), alone, copies);
      const { file: redo } = await createRedoLog({
        parent: folder.at('a.vmdk'),
        randomSuffix: false,
        owner: 'c'.repeat(32),
        context: context(),
      });
      renameSync(redo, `${redo}.removing`);
      appendFileSync(configPath, `uuid.bios = "${'c'.repeat(32)}"\n`);
      writeDecisions(configPath, rows);
      await carryOutDecisions(configPath, context(), alone, copies);
      expect(existsSync(`${redo}.removing`)).toBe(false);
    });

    it('goes on after a crash between going over and discarding, with its own log and no other', async () => {
      await discardRedoLog({ redo: logOf('a'), context: context() });
      const owner = 'c'.repeat(32);
      const { file: redo } = await createRedoLog({
        parent: folder.at('a.vmdk'),
        randomSuffix: false,
        owner,
        context: context(),
      });
      const identity = identifyFile(redo);
      const { linkId, contentId } = identity as { linkId: string; contentId: string };
      const row = {
        slot: 'ide0:0',
        redo,
        answer: 'commit',
        copyTo: folder.at('copy.vmdk'),
        linkId,
        contentId,
      } as const;
      const gone = readFileSync(configPath, 'utf8')
        .replace('"a.vmdk"', '"copy.vmdk"')
        .replace(/^ide0:0\.redo.*\n/m, '');
      for (const [uuid, isRemoved] of [
        ['d'.repeat(32), false],
        [owner, true],
      ] as const) {
        writeFileSync(configPath, `${gone}uuid.bios = "${uuid}"\n`);
        writeDecisions(configPath, [row]);
        await carryOutDecisions(configPath, context(), alone, copies);
        expect(existsSync(redo)).toBe(!isRemoved);
        expect(readDecisions(configPath)).toEqual([]);
      }
    });
  });
});

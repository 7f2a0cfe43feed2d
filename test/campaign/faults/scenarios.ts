import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { isThere } from '../../../core/base/is-there.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { identifyFile, type FileIdentity } from '../../../core/disk/describe/identify.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import type { BlockDevice } from '../../../core/disk/block-device.ts';
import { SectorHistory } from '../../support/sector-history.ts';
import { diskSectors, folder, makeBaseMember, makeLogMember, Member, tryStep } from './family.ts';
import { commitScenarios } from './commit-scenarios.ts';
import { commitToNewCopy } from './copy-scenario.ts';
import { nestedCommitScenarios } from './nested-commit-scenarios.ts';
import { answersThatDiffer } from './decision-scenario.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges, judgeAll, leftOver } from './judging.ts';
import { relink } from './relink-scenario.ts';
import { shrinkScenarios } from './shrink-scenarios.ts';

/** Writes, zeros, flushes; what has no room is tried again. */
async function work(member: Member, device: BlockDevice): Promise<void> {
  const steps = [
    () => member.write(device, 10, 6),
    () => member.write(device, 200, 64),
    () => member.flush(device),
    () => member.zero(device, 12, 90),
    () => member.write(device, 508, 9),
    () => member.write(device, 205, 3),
    () => member.flush(device),
    () => member.write(device, 600, 50),
    () => member.write(device, diskSectors - 5, 5),
    () => member.zero(device, 640, 2),
    () => member.flush(device),
    () => member.write(device, 330, 7),
  ];
  for (const step of steps) if (!(await tryStep(step))) await tryStep(step);
}

async function workAndClose(member: Member): Promise<void> {
  await tryStep(async () => {
    const session = await openDiskSession(member.request());
    await work(member, session.device);
    const settle = member.history.beginFlush();
    if (await tryStep(() => session.close())) settle();
  });
}

const writeIntoBase: Scenario = {
  name: 'write into a base',
  prepare: async () => ({ base: await makeBaseMember() }),
  act: async ({ base }) => {
    await workAndClose(base as Member);
  },
  judge: async (family) => (await judgeAll(family, 'base')) ?? (await family['base']?.judgeUse()),
};

const writeIntoLog: Scenario = {
  name: 'write into a redo log',
  prepare: async () => {
    const base = await makeBaseMember();
    const child = await makeLogMember(base, childRanges);
    return { base, child, sibling: await makeLogMember(base, [[0, 60]]) };
  },
  act: async ({ child }) => {
    await workAndClose(child as Member);
  },
  judge: async (family) => (await judgeAll(family, 'base', 'child', 'sibling')) ?? (await family['child']?.judgeUse()),
};

const makeBaseScenario: Scenario = {
  name: 'make a base',
  prepare: async () => ({ base: await makeBaseMember() }),
  act: async () => {
    await tryStep(() =>
      createBase({ file: `${folder}/new.vmdk`, capacityBytes: diskSectors * 512, split: true, bus: 'ide' }),
    );
  },
  judge: async (family) => {
    // What power loss left of a name is in the way of that name only.
    const isWhole = identifyOr(`${folder}/new.vmdk`)?.kind === 'base';
    const made = new Member(
      `${folder}/${isWhole ? 'new' : 'newer'}.vmdk`,
      undefined,
      new SectorHistory(diskSectors),
      0,
    );
    if (!isWhole) await createBase({ file: made.file, capacityBytes: diskSectors * 512, split: true, bus: 'ide' });
    return (await judgeAll({ ...family, made }, 'base', 'made')) ?? (await made.judgeUse());
  },
};

const makeLog: Scenario = {
  name: 'make a redo log',
  prepare: async () => ({ base: await makeBaseMember() }),
  act: async ({ base }) => {
    await tryStep(() => createRedoLog({ parent: (base as Member).file, randomSuffix: false }));
  },
  judge: async (family) => {
    const base = family['base'] as Member;
    let made = new Member(`${base.file}.REDO`, base.file, base.history.copy(), 5_000_000);
    if (identifyOr(made.file)?.kind !== 'redo-log') {
      try {
        await createRedoLog({ parent: base.file, randomSuffix: false });
      } catch (error) {
        // What no engine wrote stays in the way of the name; the way out of it is the one that is offered.
        if (!(error instanceof RedoubtError) || !error.is('disk.redo-taken')) throw error;
        const { file } = await createRedoLog({ parent: base.file, directory: folder, randomSuffix: true });
        made = new Member(file, base.file, base.history.copy(), 5_000_000);
      }
    }
    return (await judgeAll({ ...family, made }, 'base', 'made')) ?? (await made.judgeUse());
  },
};

const resetNonpersistent: Scenario = {
  name: 'replace the log of a nonpersistent session',
  prepare: async () => {
    const base = await makeBaseMember();
    return { base, sibling: await makeLogMember(base, [[0, 60]]) };
  },
  act: async ({ base }) => {
    const { file } = base as Member;
    await tryStep(async () => {
      const first = await createRedoLog({ parent: file, randomSuffix: true });
      const session = await openDiskSession({ file, mode: 'nonpersistent', redo: first.file });
      await tryStep(() => Promise.resolve(session.device.writeZeroes(0, 50_000)));
      await tryStep(async () => {
        const second = await createRedoLog({ parent: file, randomSuffix: true });
        await session.replaceRedo(second.file);
      });
      await tryStep(() => Promise.resolve(session.device.writeZeroes(70_000, 50_000)));
      await tryStep(() => session.close());
    });
  },
  judge: (family) => judgeAll(family, 'base', 'sibling'),
};

const discard: Scenario = {
  name: 'discard',
  prepare: async () => {
    const base = await makeBaseMember();
    const child = await makeLogMember(base, childRanges);
    return { base, child, sibling: await makeLogMember(base, [[0, 60]]) };
  },
  act: async ({ child }) => {
    await tryStep(() => discardRedoLog({ redo: (child as Member).file }));
  },
  judge: async (family) => {
    const child = family['child'] as Member;
    const wrong = await judgeAll(family, 'base', 'sibling', ...(isThere(child.file) ? ['child'] : []));
    if (wrong !== undefined) return wrong;
    if (isThere(child.file) || isThere(`${child.file}.removing`)) await discardRedoLog({ redo: child.file });
    return (await judgeAll(family, 'base', 'sibling')) ?? leftOver(child.file);
  },
};

function identifyOr(file: string): FileIdentity | undefined {
  return isThere(file) ? identifyFile(file) : undefined;
}

const writeIntoVmdk: Scenario = {
  ...writeIntoBase,
  name: 'write into a VMDK 4',
  prepare: async () => ({ base: await makeBaseMember('disk.vmdk', 'vmdk') }),
};

const writeIntoRaw: Scenario = {
  ...writeIntoBase,
  name: 'write into a raw disk',
  prepare: async () => ({ base: await makeBaseMember('disk.raw', 'raw') }),
};

const trimAndReuse: Scenario = {
  name: 'trim and reuse',
  prepare: async () => ({ base: await makeBaseMember() }),
  act: async ({ base }) => {
    const member = base as Member;
    await tryStep(async () => {
      const session = await openDiskSession(member.request());
      const { device } = session;
      const steps = [
        () => member.trim(device, 96, 64),
        () => member.write(device, 300, 16),
        () => member.flush(device),
        () => member.write(device, 330, 40),
        () => member.trim(device, 480, 60),
        () => member.write(device, 100, 8),
        () => member.flush(device),
        () => member.write(device, 560, 50),
        () => member.flush(device),
        () => member.write(device, 500, 3),
      ];
      for (const step of steps) await tryStep(step);
      const settle = member.history.beginFlush();
      if (await tryStep(() => session.close())) settle();
    });
  },
  judge: async (family) => (await judgeAll(family, 'base')) ?? (await family['base']?.judgeUse()),
};

export const scenarios: readonly Scenario[] = [
  writeIntoBase,
  writeIntoVmdk,
  writeIntoRaw,
  trimAndReuse,
  writeIntoLog,
  makeBaseScenario,
  makeLog,
  resetNonpersistent,
  discard,
  ...nestedCommitScenarios,
  ...commitScenarios,
  commitToNewCopy,
  ...shrinkScenarios,
  relink,
  answersThatDiffer,
];

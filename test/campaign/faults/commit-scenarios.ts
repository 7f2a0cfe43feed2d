import { readdirSync, unlinkSync } from 'node:fs';
import { isThere } from '../../../core/base/is-there.ts';
import { readFileIfThere, replaceFile } from '../../../core/base/atomic-file.ts';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { abandonCommit } from '../../../core/disk/commit/abandon-commit.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../core/disk/commit/commit-steps.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { settleChain } from '../../../core/disk/commit/settle.ts';
import { folder, makeBaseMember, makeLogMember, Member, tryStep, type Family } from './family.ts';
import type { Scenario } from './fault-run.ts';

/** Commits that preserve dependents, in all their states, and the leaf switch. */

const childRanges = [
  [20, 30],
  [140, 10],
  [500, 40],
  [760, 12],
] as const;
const siblingRanges = [
  [0, 60],
  [330, 20],
] as const;

class Stop extends Error {}

async function stopAt(redo: string, point: CommitPoint): Promise<void> {
  const reached = (here: CommitPoint) => {
    if (here === point) throw new Stop(point);
  };
  try {
    await commitRedoLog({ redo, dependents: 'preserve' }, { reached });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
}

interface Siblings extends Family {
  readonly base: Member;
  readonly sibling: Member;
  readonly child: Member;
}

async function siblings(): Promise<Siblings> {
  const base = await makeBaseMember();
  const sibling = await makeLogMember(base, siblingRanges);
  return { base, sibling, child: await makeLogMember(base, childRanges) };
}

async function commitPreserving(family: Family): Promise<void> {
  await tryStep(() => commitRedoLog({ redo: (family['child'] as Member).file, dependents: 'preserve' }));
}

/** The commit ends by the same command, and everybody reads what he should, then and afterwards. */
async function judgePreserved(family: Family): Promise<string | undefined> {
  const { base, sibling, child } = family as Siblings;
  await settleChain(isThere(child.file) ? child.file : base.file, {});
  if (isThere(child.file)) {
    const wrong = await child.judge();
    if (wrong !== undefined) return `child: ${wrong}`;
    await commitRedoLog({ redo: child.file, dependents: 'preserve' });
  }
  const committed = new Member(base.file, undefined, child.history, 8_000_000);
  for (const [name, member] of Object.entries({ committed, sibling })) {
    const wrong = await member.judge();
    if (wrong !== undefined) return `${name}: ${wrong}`;
  }
  const left = readdirSync(folder).filter((name) => /\.commit$|\.removing$/.test(name));
  if (left.length > 0) return `left behind: ${left.join(', ')}`;
  const oldStates = readdirSync(folder).filter((name) => /disk\.vmdk\.was_[0-9a-f]{6}$/.test(name));
  if (oldStates.length !== 1) return `old states: ${oldStates.join(', ')}`;
  return (await sibling.judgeUse()) ?? (await committed.judge());
}

const preserve: Scenario = {
  name: 'commit and preserve',
  prepare: siblings,
  act: commitPreserving,
  judge: judgePreserved,
};

const extend: Scenario = {
  name: 'commit and preserve again',
  prepare: async () => {
    const { base, sibling, child } = await siblings();
    await commitRedoLog({ redo: child.file, dependents: 'preserve' });
    base.history = child.history;
    const next = await makeLogMember(base, [
      [10, 20],
      [200, 40],
      [520, 30],
    ]);
    return { base, sibling, child: next };
  },
  act: commitPreserving,
  judge: judgePreserved,
};

const resume: Scenario = {
  name: 'resume a commit whose log has grown',
  prepare: async () => {
    const family = await siblings();
    await stopAt(family.child.file, 'copied');
    const session = await openDiskSession(family.child.request());
    await family.child.write(session.device, 48, 70);
    await family.child.write(session.device, 600, 9);
    await family.child.flush(session.device);
    await session.close();
    return family;
  },
  act: commitPreserving,
  judge: judgePreserved,
};

const rollBack: Scenario = {
  name: 'roll a commit back',
  prepare: async () => {
    const family = await siblings();
    await stopAt(family.child.file, 'child-recorded');
    return family;
  },
  act: async ({ child }) => {
    await tryStep(() => settleChain((child as Member).file, {}));
  },
  judge: async (family) => {
    const wrong = await (family['base'] as Member).judge();
    return wrong === undefined ? judgePreserved(family) : `base: ${wrong}`;
  },
};

const abandon: Scenario = {
  name: 'give a commit up',
  prepare: async () => {
    const family = await siblings();
    await stopAt(family.child.file, 'copied');
    unlinkSync(family.child.file);
    return { base: family.base, sibling: family.sibling };
  },
  act: async ({ base }) => {
    await tryStep(() => abandonCommit({ parent: (base as Member).file }));
  },
  judge: async ({ base, sibling }) => {
    const { file } = base as Member;
    try {
      await abandonCommit({ parent: file });
    } catch (error) {
      if (!(error instanceof RedoubtError && error.is('disk.no-commit'))) throw error;
    }
    return (sibling as Member).judge();
  },
};

const namesFile = `${folder}/machine.json`;

function savedNames(): { file: string; redo: string } {
  return JSON.parse(readFileIfThere(namesFile) ?? '') as { file: string; redo: string };
}

const switchLeaf: Scenario = {
  name: 'leaf switch',
  prepare: async () => {
    const base = await makeBaseMember();
    const child = await makeLogMember(base, childRanges);
    replaceFile(namesFile, JSON.stringify({ file: base.file, redo: child.file }));
    return { base, child };
  },
  act: async ({ child }) => {
    const guest = child as Member;
    await tryStep(async () => {
      const session = await openDiskSession(guest.request());
      await tryStep(() => guest.write(session.device, 300, 20));
      await tryStep(() =>
        session.switchLeaf({
          randomSuffix: true,
          save: (names) => {
            replaceFile(namesFile, JSON.stringify(names));
            return Promise.resolve();
          },
          isSaved: ({ redo }) => savedNames().redo === redo,
        }),
      );
      await tryStep(() => guest.write(session.device, 310, 20));
      await tryStep(() => guest.write(session.device, 500, 3));
      await tryStep(() => guest.flush(session.device));
      const settle = guest.history.beginFlush();
      if (await tryStep(() => session.close())) settle();
    });
  },
  judge: async ({ base, child }) => {
    const names = savedNames();
    const guest = new Member(names.redo, names.file, (child as Member).history, 7_000_000);
    return (await guest.judge()) ?? (await guest.judgeUse()) ?? (await (base as Member).judge());
  },
};

export const commitScenarios: readonly Scenario[] = [preserve, extend, resume, rollBack, abandon, switchLeaf];

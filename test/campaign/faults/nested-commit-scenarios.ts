import { isThere } from '../../../core/base/is-there.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { settleChain, unfinishedCommit } from '../../../core/disk/commit/settle.ts';
import { makeBaseMember, makeLogMember, Member, tryStep, type BaseKind, type Family } from './family.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges, judgeAll, leftOver } from './judging.ts';

/** The child reads as before while it is there; committed in the end, the base reads so, and so does what hung from the child. */
async function judgeCommit(family: Family, dependents: 'refuse' | 'preserve'): Promise<string | undefined> {
  const child = family['child'] as Member;
  const base = family['base'] as Member;
  const nested = family['nested'] as Member;
  await settleChain(isThere(child.file) ? child.file : base.file, {});
  const siblings = Object.keys(family).filter((name) => name.startsWith('sibling'));
  // While a commit is unfinished its parent serves nobody but the child.
  const isUnfinished = unfinishedCommit(base.file) !== undefined;
  const before = await judgeAll(family, ...(isThere(child.file) ? ['child'] : []), ...(isUnfinished ? [] : siblings));
  if (before !== undefined) return before;
  if (isThere(child.file)) await commitRedoLog({ redo: child.file, dependents });
  const committed = new Member(base.file, undefined, child.history, 8_000_000);
  const moved = new Member(nested.file, base.file, nested.history, 9_000_000);
  return (
    (await judgeAll({ ...family, committed, moved }, 'committed', 'moved', ...siblings)) ??
    leftOver(child.file) ??
    (await moved.judgeUse()) ??
    (await judgeAll(family, ...siblings))
  );
}

function commitInto(kind: BaseKind, name: string, file: string): Scenario {
  return {
    name,
    prepare: async () => {
      const base = await makeBaseMember(file, kind);
      const child = await makeLogMember(base, childRanges);
      const nested = await makeLogMember(child, [
        [30, 5],
        [300, 60],
      ]);
      return { base, child, nested };
    },
    act: async ({ child }) => {
      await tryStep(() => commitRedoLog({ redo: (child as Member).file }));
    },
    judge: (family) => judgeCommit(family, 'refuse'),
  };
}

const commitAndPreserve: Scenario = {
  name: 'commit and preserve, with nested logs',
  prepare: async () => {
    const base = await makeBaseMember();
    const child = await makeLogMember(base, childRanges);
    const sibling = await makeLogMember(base, [
      [10, 20],
      [505, 5],
    ]);
    return {
      base,
      child,
      nested: await makeLogMember(child, [[30, 5]]),
      sibling,
      siblingsChild: await makeLogMember(sibling, [[400, 40]]),
    };
  },
  act: async ({ child }) => {
    await tryStep(() => commitRedoLog({ redo: (child as Member).file, dependents: 'preserve' }));
  },
  judge: (family) => judgeCommit(family, 'preserve'),
};

export const nestedCommitScenarios: readonly Scenario[] = [
  commitInto('cowd', 'commit', 'disk.vmdk'),
  commitInto('vmdk', 'commit into a VMDK 4', 'disk.vmdk'),
  commitInto('raw', 'commit into a raw disk', 'disk.raw'),
  commitAndPreserve,
];

import { isThere } from '../../../core/base/is-there.ts';
import { commitToCopy } from '../../../core/disk/commit/commit-to-copy.ts';
import { folder, makeBaseMember, makeLogMember, Member, tryStep } from './family.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges, judgeAll } from './judging.ts';

const file = `${folder}/copy.vmdk`;

/** A copy is whole where it has its name, and else the name is free. */
export const commitToNewCopy: Scenario = {
  name: 'commit to a new copy',
  prepare: async () => {
    const base = await makeBaseMember();
    return { base, child: await makeLogMember(base, childRanges) };
  },
  act: async ({ child }) => {
    await tryStep(() => commitToCopy({ redo: (child as Member).file, file }));
  },
  judge: async (family) => {
    const child = family['child'] as Member;
    if (!isThere(file)) await commitToCopy({ redo: child.file, file });
    const copy = new Member(file, undefined, child.history.copy(), 7_000_000);
    return (await judgeAll({ ...family, copy }, 'base', 'child', 'copy')) ?? (await copy.judgeUse());
  },
};

import { writeFileSync } from 'node:fs';
import { isThere } from '../../../core/base/is-there.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { settleChain } from '../../../core/disk/commit/settle.ts';
import { carryOutDecisions, recordDecisions, type CommitCarrier } from '../../../core/machines/carry-out-decisions.ts';
import { loadConfiguration } from '../../../core/machines/configuration-file.ts';
import { MachineIndex } from '../../../core/machines/machine-index.ts';
import { folder, makeBaseMember, makeLogMember, Member, tryStep } from './family.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges, judgeAll } from './judging.ts';

const configPath = `${folder}/qa.vmx`;
const alone = new MachineIndex([]);
const commit: CommitCarrier = async (row, context) => {
  await commitRedoLog({ redo: row.redo, context });
};

/** Two disks of one machine; the log of the first is committed, that of the second discarded. A row that was refused is a keep. */
export const answersThatDiffer: Scenario = {
  name: 'answers that differ for two disks',
  prepare: async () => {
    const [base, other] = [await makeBaseMember('a.vmdk'), await makeBaseMember('b.vmdk')];
    const child = await makeLogMember(base, childRanges);
    const otherChild = await makeLogMember(other, childRanges);
    const row = (slot: string, member: Member): string =>
      `${slot}.present = "TRUE"\n${slot}.fileName = "${member.parent ?? ''}"\n${slot}.mode = "undoable"\n${slot}.redo = "${member.file}"\n`;
    writeFileSync(configPath, row('ide0:0', child) + row('ide0:1', otherChild));
    return { base, other, child, otherChild };
  },
  act: async () => {
    const decided = await tryStep(async () => {
      recordDecisions(loadConfiguration(configPath), [
        { slot: 'ide0:0', answer: 'commit' },
        { slot: 'ide0:1', answer: 'discard' },
      ]);
      return Promise.resolve();
    });
    if (decided) await tryStep(() => carryOutDecisions(configPath, {}, alone, commit));
  },
  judge: async (family) => {
    await carryOutDecisions(configPath, {}, alone, commit);
    const { base, child, otherChild } = family as Record<string, Member>;
    for (const log of [child, otherChild] as Member[]) {
      await settleChain(isThere(log.file) ? log.file : (log.parent as string), {});
    }
    const isKept = (log: Member | undefined) => log !== undefined && isThere(log.file);
    const committed = new Member((base as Member).file, undefined, (child as Member).history, 8_000_000);
    // A commit that stopped half-way is not what a keep leaves, so a base may be waiting for its log only if that is there.
    const wrong = await judgeAll(
      { ...family, committed },
      isKept(child) ? 'child' : 'committed',
      ...(isKept(otherChild) ? ['otherChild'] : []),
      'other',
    );
    if (wrong !== undefined) return wrong;
    for (const { slot, redo } of loadConfiguration(configPath).disks) {
      const log = slot === 'ide0:0' ? child : otherChild;
      if (redo === undefined && isKept(log)) return `${slot} has lost its log`;
    }
    return undefined;
  },
};

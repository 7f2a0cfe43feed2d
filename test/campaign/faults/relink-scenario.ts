import { renameSync } from 'node:fs';
import { isThere } from '../../../core/base/is-there.ts';
import { relinkRedoLog } from '../../../core/disk/relink.ts';
import { segmentPath } from '../../../core/disk/segment-paths.ts';
import { folder, makeBaseMember, makeLogMember, Member, spans, tryStep } from './family.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges } from './judging.ts';

const movedFile = `${folder}/moved.vmdk`;

/** A base gets another name, and its log is told. */
export const relink: Scenario = {
  name: 'relink',
  prepare: async () => {
    const base = await makeBaseMember();
    const child = await makeLogMember(base, childRanges);
    const nested = await makeLogMember(child, [[30, 5]]);
    for (let part = 1; part <= spans.length; part++)
      renameSync(segmentPath(base.file, part), segmentPath(movedFile, part));
    return { child, nested };
  },
  act: async ({ child }) => {
    await tryStep(() => relinkRedoLog({ redo: (child as Member).file, parent: movedFile }));
  },
  judge: async ({ child, nested }) => {
    const log = child as Member;
    if (!isThere(movedFile)) return 'the base is gone';
    await relinkRedoLog({ redo: log.file, parent: movedFile });
    const moved = new Member(log.file, movedFile, log.history, 8_000_000);
    return (await moved.judge()) ?? (await (nested as Member).judge()) ?? (await (nested as Member).judgeUse());
  },
};

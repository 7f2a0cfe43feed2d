import { statSync } from 'node:fs';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { shrinkDisk } from '../../../core/disk/shrink/shrink-disk.ts';
import { makeBaseMember, makeLogMember, tryStep, type BaseKind, type Member } from './family.ts';
import type { Scenario } from './fault-run.ts';
import { childRanges, judgeAll } from './judging.ts';

/** Leaves gaps in the files, and grains that hold only zeros. */
async function loosen(member: Member): Promise<void> {
  const session = await openDiskSession(member.request());
  const { device } = session;
  await member.write(device, 224, 90);
  await member.write(device, 600, 80);
  await member.zero(device, 232, 20);
  await member.trim(device, 256, 32);
  await member.trim(device, 608, 24);
  await member.flush(device);
  await session.close();
}

function lengthOf({ file }: Member): number {
  return readLinkHead(file).files.reduce((sum, path) => sum + statSync(path).size, 0);
}

/** `which`: the member whose files are made shorter; all others read and open as before. */
function shrink(name: string, which: 'base' | 'child', kind: BaseKind): Scenario {
  return {
    name,
    prepare: async () => {
      const base = await makeBaseMember('disk.vmdk', kind);
      if (which === 'base') await loosen(base);
      const child = await makeLogMember(base, childRanges);
      if (which === 'child') await loosen(child);
      return { base, child };
    },
    act: async (family) => {
      await tryStep(() => shrinkDisk({ file: (family[which] as Member).file }));
    },
    judge: async (family) => {
      const member = family[which] as Member;
      const wrong = await judgeAll(family, 'base', 'child');
      if (wrong !== undefined) return wrong;
      const { afterBytes } = await shrinkDisk({ file: member.file });
      if (afterBytes !== lengthOf(member))
        return `it says ${String(afterBytes)} bytes, and there are ${String(lengthOf(member))}`;
      return (await judgeAll(family, 'base', 'child')) ?? (await (family['child'] as Member).judgeUse());
    },
  };
}

export const shrinkScenarios: readonly Scenario[] = [
  shrink('shrink a base', 'base', 'cowd'),
  shrink('shrink a VMDK 4', 'base', 'vmdk'),
  shrink('shrink a redo log', 'child', 'cowd'),
];

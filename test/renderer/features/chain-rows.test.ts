import { describe, expect, it } from 'vitest';
import { chainRows } from '../../../renderer/features/machine/chain-rows.ts';
import { chainOf } from '../../../renderer/features/machine/disk-facts.ts';
import { makeDisk, makeMachine } from '../support/scenes.ts';

const redo = {
  path: '/home/a/win2k.vmdk.REDO_a01000.REDO_b',
  allocatedBytes: 12 * 1024 ** 2,
  changedAt: 0,
  isUnclean: false,
};
const disk = makeDisk({ redo });
const off = makeMachine({ name: 'qa', disks: [disk] });

describe('the chain of a disk', () => {
  it('goes from the base to the own redo log, one level deeper each', () => {
    const rows = chainRows(off, disk, undefined, [off]);
    expect(rows.map((row) => [row.level, row.role, row.file, row.stateKind])).toEqual([
      [1, 'base', 'win2k.vmdk', 'read-only'],
      [2, 'redo-log', 'win2k.vmdk.REDO_a01000', 'plain'],
      [3, 'redo-log', 'win2k.vmdk.REDO_a01000.REDO_b', 'waiting'],
    ]);
    expect(chainOf(disk).map((link) => link.path)).toEqual(rows.map((row) => row.path));
  });

  it('says all of a row in its name', () => {
    const [base, log] = chainRows(off, disk, undefined, [off]);
    expect(base?.name).toBe('win2k.vmdk, base disk, size unknown, used by qa, read-only');
    expect(log?.name).toBe('win2k.vmdk.REDO_a01000, redo log of win2k.vmdk, 310 MB, used by qa, writable');
  });

  it('says of a log that is away neither a size nor a date', () => {
    const away = makeDisk({ redo: { ...redo, allocatedBytes: 0, isOutOfReach: true } });
    expect(chainRows(off, away, undefined, [off]).at(-1)).toMatchObject({ size: '', state: "can't be read" });
  });

  it('shows what is written while the machine runs', () => {
    const running = { ...off, power: 'running' as const };
    expect(chainRows(running, disk, undefined, []).at(-1)).toMatchObject({
      stateKind: 'writing',
      state: 'being written',
    });
  });
});

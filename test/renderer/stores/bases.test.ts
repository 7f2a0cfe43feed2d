import { describe, expect, it } from 'vitest';
import { basesOf } from '../../../renderer/stores/bases.ts';
import { makeDisk, makeMachine } from '../support/scenes.ts';

const path = '/vms/base/win2k.vmdk';
const direct = { path, fileName: path, chain: [{ path, isReadOnly: false }] };

describe('the bases of a library', () => {
  it('counts the last disk of a chain of several, once for all machines on it', () => {
    const [a, b] = [makeMachine({ name: 'a' }), makeMachine({ name: 'b' })];
    expect(basesOf([a, b])).toEqual([{ path, isProtected: true, machines: [a, b] }]);
  });

  it('counts a single disk only when it is protected or others hang from it', () => {
    const own = makeMachine({ name: 'a', disks: [makeDisk(direct)] });
    expect(basesOf([own])).toEqual([]);
    const shared = makeMachine({ name: 'a', disks: [makeDisk({ ...direct, dependentCount: 1 })] });
    expect(basesOf([shared]).map((base) => base.path)).toEqual([path]);
    const sealed = makeMachine({ name: 'a', disks: [makeDisk({ ...direct, isProtected: true })] });
    expect(basesOf([sealed])).toHaveLength(1);
  });

  it('leaves out disks that could not be read', () => {
    const { chain: _chain, ...unreadable } = makeDisk();
    expect(basesOf([makeMachine({ name: 'a', disks: [unreadable] })])).toEqual([]);
  });
});

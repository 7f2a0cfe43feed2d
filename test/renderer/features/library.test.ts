import { describe, expect, it } from 'vitest';
import { libraryTree, type GroupId } from '../../../renderer/features/library/library-tree.ts';
import { treeMove, visibleRows } from '../../../renderer/features/library/tree-keys.ts';
import { scenes } from '../support/scenes.ts';

const { machines } = scenes.office();
const groups = libraryTree(machines, '');
const open: ReadonlySet<GroupId> = new Set();
const rows = visibleRows(groups, open);

describe('the library tree', () => {
  it('has bases, machines and machines whose changes wait', () => {
    expect(groups.map((group) => [group.key, group.leaves.map((leaf) => leaf.text)])).toEqual([
      ['bases', ['win2k']],
      ['machines', ['qa-ie6', 'qa-sp4', 'kiosk', 'Debian router']],
      ['waiting', ['qa-sp4']],
    ]);
  });

  it('says all of a row in its name', () => {
    const names = groups.flatMap((group) => group.leaves.map((leaf) => leaf.name));
    expect(names).toContain('qa-sp4, powered off, changes waiting, undoable');
    expect(names).toContain('kiosk, powered off, nonpersistent');
    expect(names).toContain('win2k, protected base, used by 3 machines');
  });

  it('keeps what the search asks for', () => {
    const found = libraryTree(machines, ' QA ');
    expect(found[1]?.leaves.map((leaf) => leaf.text)).toEqual(['qa-ie6', 'qa-sp4']);
    expect(found[0]?.leaves).toEqual([]);
  });
});

describe('keys in the tree', () => {
  it('go up, down and to the ends', () => {
    expect(treeMove(rows, open, 'bases', 'ArrowDown', '')).toEqual({ kind: 'focus', key: 'base:/vms/base/win2k.vmdk' });
    expect(treeMove(rows, open, 'machines', 'Home', '')).toEqual({ kind: 'focus', key: 'bases' });
    expect(treeMove(rows, open, 'bases', 'End', '')).toEqual({ kind: 'focus', key: 'waiting:qa-sp4' });
    expect(treeMove(rows, open, 'bases', 'ArrowUp', '')).toBeUndefined();
  });

  it('open, close and climb', () => {
    expect(treeMove(rows, open, 'machines', 'ArrowLeft', '')).toEqual({ kind: 'close', group: 'machines' });
    expect(treeMove(rows, open, 'machine:kiosk', 'ArrowLeft', '')).toEqual({ kind: 'focus', key: 'machines' });
    const closed = new Set<GroupId>(['machines']);
    expect(treeMove(visibleRows(groups, closed), closed, 'machines', 'ArrowRight', '')).toEqual({
      kind: 'open',
      group: 'machines',
    });
    expect(treeMove(rows, open, 'machines', 'ArrowRight', '')).toEqual({ kind: 'focus', key: 'machine:qa-ie6' });
  });

  it('find names by their first letters, round the end', () => {
    expect(treeMove(rows, open, 'machine:qa-ie6', 'q', 'q')).toEqual({ kind: 'focus', key: 'machine:qa-sp4' });
    expect(treeMove(rows, open, 'machine:qa-ie6', 's', 'qa-s')).toEqual({ kind: 'focus', key: 'machine:qa-sp4' });
    expect(treeMove(rows, open, 'waiting:qa-sp4', 'k', 'k')).toEqual({ kind: 'focus', key: 'machine:kiosk' });
    expect(treeMove(rows, open, 'bases', 'z', 'z')).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { PickerRow } from '../../../../core/api/disks.ts';
import { rowForKey } from '../../../../renderer/features/disk-picker/file-grid.tsx';
import { kindWords, passesFilter, sortRows } from '../../../../renderer/features/disk-picker/picker-rows.ts';

function row(name: string, changes: Partial<PickerRow> = {}): PickerRow {
  return { path: `/vms/${name}`, name, kind: 'base', sizeBytes: 0, changedAt: 0, usedBy: [], ...changes };
}
const log = row('disk.vmdk.REDO_a01168', { kind: 'redo-log', parent: 'disk.vmdk' });

describe('the picker’s rows', () => {
  it('say what a file is, by what the core read in its header', () => {
    expect(kindWords(row('a.vmdk'))).toBe('Disk');
    expect(kindWords(row('a.vmdk', { usedBy: ['qa'] }))).toBe('Base disk');
    expect(kindWords(log)).toBe('Redo log of disk.vmdk');
    expect(kindWords(row('a-02.vmdk', { kind: 'segment' }))).toBe('Segment');
    expect(kindWords(row('a.txt', { kind: 'not-a-disk' }))).toBe('Not a disk');
    expect(kindWords(row('a.qcow2', { kind: 'not-a-disk', format: 'qcow2' }))).toBe('Disk to be converted');
  });

  it('pass the filters as the names say', () => {
    expect(passesFilter(log, 'disks-and-logs')).toBe(true);
    expect(passesFilter(log, 'vmdk')).toBe(false);
    expect(passesFilter(log, 'redo-logs')).toBe(true);
    expect(passesFilter(row('a.vmdk'), 'redo-logs')).toBe(false);
    expect(passesFilter(row('a.txt', { kind: 'not-a-disk' }), 'all')).toBe(true);
  });

  it('come folders first, numbers in their order', () => {
    const sorted = sortRows([row('disk-10.vmdk'), row('disk-2.vmdk'), row('zoo', { kind: 'folder' })]);
    expect(sorted.map((one) => one.name)).toEqual(['zoo', 'disk-2.vmdk', 'disk-10.vmdk']);
  });

  it('are reached by arrows, Home, End and letters', () => {
    const rows = [row('alpha'), row('beta'), row('bravo')];
    expect(rowForKey('ArrowDown', rows, -1)?.name).toBe('alpha');
    expect(rowForKey('ArrowDown', rows, 2)?.name).toBe('bravo');
    expect(rowForKey('ArrowUp', rows, 0)?.name).toBe('alpha');
    expect(rowForKey('End', rows, 0)?.name).toBe('bravo');
    expect(rowForKey('b', rows, 1)?.name).toBe('bravo');
    expect(rowForKey('b', rows, 2)?.name).toBe('beta');
    expect(rowForKey('Tab', rows, 0)).toBeUndefined();
  });
});

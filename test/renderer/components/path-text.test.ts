import { describe, expect, it } from 'vitest';
import { folderOf, isAbsolutePath, isInside, joinPath } from '../../../renderer/components/path-text.ts';
import { resolveRedoDirectory } from '../../../renderer/components/redo-directory.ts';

describe('paths as text', () => {
  it.each([
    ['/vms/base/a.vmdk', '/vms/base'],
    ['/a.vmdk', '/'],
    ['C:\\vms\\a.vmdk', 'C:\\vms'],
    ['C:\\a.vmdk', 'C:\\'],
    ['a.vmdk', ''],
  ])('%s lies in %s', (path, folder) => {
    expect(folderOf(path)).toBe(folder);
  });

  it('know what begins at a root', () => {
    expect(['/a', 'C:\\a', 'C:/a', '\\\\server\\a'].map(isAbsolutePath)).toEqual([true, true, true, true]);
    expect(['a', './a', '.', 'C:a'].map(isAbsolutePath)).toEqual([false, false, false, false]);
  });

  it('are joined with the separator of the folder', () => {
    expect(joinPath('/vms', 'a')).toBe('/vms/a');
    expect(joinPath('/', 'a')).toBe('/a');
    expect(joinPath('D:\\vms', 'a')).toBe('D:\\vms\\a');
  });

  it('lie inside a folder only below it', () => {
    expect(isInside('/vms/qa/a.vmdk', '/vms/qa')).toBe(true);
    expect(isInside('/vms/qa2/a.vmdk', '/vms/qa')).toBe(false);
    expect(isInside('D:\\vms\\a', 'D:\\vms\\')).toBe(true);
  });
});

describe('a REDO log directory', () => {
  it.each([
    ['', '/vms/base'],
    ['.', '/vms/qa'],
    ['logs', '/vms/qa/logs'],
    ['/tmp/logs', '/tmp/logs'],
  ])('"%s" means %s', (setting, folder) => {
    expect(resolveRedoDirectory(setting, '/vms/qa', '/vms/base/mydisk.vmdk')).toBe(folder);
  });
});

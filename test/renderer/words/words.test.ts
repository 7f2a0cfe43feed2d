import { describe, expect, it } from 'vitest';
import { formatDate, formatElapsed, formatRemaining } from '../../../renderer/words/dates.ts';
import { fileName, folderOf } from '../../../renderer/words/file-name.ts';
import { defineWords } from '../../../renderer/words/message.ts';
import { formatSize } from '../../../renderer/words/sizes.ts';

describe('sizes', () => {
  it.each([
    [0, '0 KB'],
    [1, '1 KB'],
    [64 * 1024, '64 KB'],
    [1024 ** 2, '1.0 MB'],
    [96 * 1024 ** 2, '96 MB'],
    [1023.7 * 1024 ** 2, '1.0 GB'],
    [4 * 1024 ** 3, '4.0 GB'],
    [1.2 * 1024 ** 3, '1.2 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 23, 15, 0).getTime();
  it('are written as short as they stay clear', () => {
    expect(formatDate(now - 60_000, now)).toMatch(/^2:59\sPM$/);
    expect(formatDate(new Date(2026, 10, 20, 9, 5).getTime(), now)).toMatch(/^Fri,? 9:05\sAM$/);
    expect(formatDate(new Date(2025, 2, 1, 9, 5).getTime(), now)).toMatch(/^Mar 1, 2025, 9:05\sAM$/);
  });

  it('that pass are counted, and those that remain are rounded up', () => {
    expect(formatElapsed(760_000)).toBe('00:12:40');
    expect(formatRemaining(40_000)).toBe('40 sec');
    expect(formatRemaining(61_000)).toBe('2 min');
  });
});

describe('paths', () => {
  it('of both families give their last part and their folder', () => {
    expect(fileName('/vms/base/win2k.vmdk')).toBe('win2k.vmdk');
    expect(fileName('D:\\vms\\win2k.vmdk')).toBe('win2k.vmdk');
    expect(folderOf('/vms/base/win2k.vmdk')).toBe('/vms/base');
  });
});

describe('a table of words', () => {
  const t = defineWords({
    plain: 'Keep',
    many: '{n, plural, one {one disk} other {# disks}}',
    size: '{size} in "{vm}"',
  });
  it('fills placeholders, plurals and sizes', () => {
    expect(t('plain')).toBe('Keep');
    expect(t('many', { n: 1 })).toBe('one disk');
    expect(t('many', { n: 1200 })).toBe('1,200 disks');
    expect(t('size', { size: { bytes: 1024 ** 2 }, vm: 'a' })).toBe('1.0 MB in "a"');
  });
});

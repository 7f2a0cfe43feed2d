import { describe, expect, it } from 'vitest';
import {
  firstSegmentName,
  fitsFileSystem,
  looksLikeRedoLog,
  parseDiskName,
  redoName,
  segmentName,
  shortRedoName,
} from '../../../core/disk/names.ts';

describe('disk names', () => {
  it.each([
    ['mydisk.vmdk', { stem: 'mydisk', part: 1, extension: '.vmdk', tail: '' }],
    ['mydisk-02.vmdk', { stem: 'mydisk', part: 2, extension: '.vmdk', tail: '' }],
    ['mydisk-117.vmdk', { stem: 'mydisk', part: 117, extension: '.vmdk', tail: '' }],
    ['Windows NT 4.0.VMDK.redo', { stem: 'Windows NT 4.0', part: 1, extension: '.VMDK', tail: '.redo' }],
    ['mydisk-03.vmdk.REDO_a01168', { stem: 'mydisk', part: 3, extension: '.vmdk', tail: '.REDO_a01168' }],
    [
      'mydisk.vmdk.REDO_a01000.REDO_b7c21f',
      { stem: 'mydisk', part: 1, extension: '.vmdk', tail: '.REDO_a01000.REDO_b7c21f' },
    ],
    ['mydisk.vmdk.REDO_TkLU1V', { stem: 'mydisk', part: 1, extension: '.vmdk', tail: '.REDO_TkLU1V' }],
    ['mydisk.vmdk_a01168', { stem: 'mydisk', part: 1, extension: '.vmdk', tail: '_a01168' }],
    ['mydisk.vmdk.was_0a1b2c.REDO', { stem: 'mydisk', part: 1, extension: '.vmdk', tail: '.was_0a1b2c.REDO' }],
    ['two\nlines-02.vmdk.REDO', { stem: 'two\nlines', part: 2, extension: '.vmdk', tail: '.REDO' }],
    ['old.dsk', { stem: 'old', part: 1, extension: '.dsk', tail: '' }],
    ['disk-02-02.vmdk', { stem: 'disk-02', part: 2, extension: '.vmdk', tail: '' }],
    ['disk-01.vmdk', { stem: 'disk-01', part: 1, extension: '.vmdk', tail: '' }],
    ['disk-2.vmdk', { stem: 'disk-2', part: 1, extension: '.vmdk', tail: '' }],
  ])('[N1] %s is taken apart', (name, expected) => {
    expect(parseDiskName(name)).toEqual(expected);
  });

  it.each([
    '',
    '.vmdk',
    'mydisk',
    'mydisk.vmdk.lck',
    'mydisk.vmdk.REDO_',
    'mydisk.vmdk.REDO_a.txt',
    'mydisk.iso',
    'mydisk.vmdk.REDO_12345678901234567',
  ])('[N1] %s is no disk name', (name) => {
    expect(parseDiskName(name)).toBeUndefined();
  });

  it.each([
    ['mydisk.vmdk', 1, 'mydisk.vmdk'],
    ['mydisk.vmdk', 2, 'mydisk-02.vmdk'],
    ['mydisk.vmdk', 120, 'mydisk-120.vmdk'],
    ['mydisk.vmdk.REDO', 2, 'mydisk-02.vmdk.REDO'],
    ['mydisk.vmdk.REDO_a01000.REDO_b7c21f', 3, 'mydisk-03.vmdk.REDO_a01000.REDO_b7c21f'],
    ['disk-02.vmdk', 2, 'disk-02-02.vmdk'],
    ['image.bin', 2, 'image-02.bin'],
    ['image', 2, 'image-02'],
  ])('[N2] segment of %s, part %i, is %s and back', (first, part, expected) => {
    expect(segmentName(first, part)).toBe(expected);
    expect(firstSegmentName(expected, part)).toBe(first);
  });

  it('[N2] a renamed segment does not name its first', () => {
    expect(firstSegmentName('other.vmdk', 2)).toBeUndefined();
    expect(firstSegmentName('mydisk-03.vmdk', 2)).toBeUndefined();
    expect(firstSegmentName('-02.vmdk', 2)).toBeUndefined();
  });

  it('[N3] a redo log appends to the first name', () => {
    expect(redoName('mydisk.vmdk')).toBe('mydisk.vmdk.REDO');
    expect(redoName('mydisk.vmdk', 'a01168')).toBe('mydisk.vmdk.REDO_a01168');
    expect(redoName('mydisk.vmdk.REDO')).toBe('mydisk.vmdk.REDO.REDO');
    expect(looksLikeRedoLog('mydisk.vmdk.REDO')).toBe(true);
    expect(looksLikeRedoLog('mydisk.vmdk')).toBe(false);
  });

  it('[N4] a name that grows too long starts again after the disk’s own', () => {
    let name = 'mydisk.vmdk';
    for (let depth = 0; depth < 64; depth++) {
      const suffix = depth.toString(16).padStart(6, '0');
      name = redoName(name, suffix) ?? shortRedoName(name, suffix);
      expect(fitsFileSystem(name)).toBe(true);
      expect(parseDiskName(name)?.stem).toBe('mydisk');
    }
  });
});

import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../core/base/byte-writer.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { planExtent, type NewExtent } from '../../../../core/disk/formats/cowd/create-extent.ts';
import { dialects } from '../../../../core/disk/formats/cowd/dialect.ts';
import { decodeHeader, encodeHeader } from '../../../../core/disk/formats/cowd/header.ts';
import { formatLinkRecord, parseLinkRecord } from '../../../../core/disk/formats/cowd/link-record.ts';

const id = (digit: string): string => digit.repeat(32);

const redoLog: NewExtent = {
  path: 'mydisk-02.vmdk.REDO',
  dialect: dialects.hybrid,
  spanSectors: 100000,
  diskSectors: 300000,
  ordinal: 1,
  fileCount: 3,
  generation: 1234,
  controller: 'ide',
  record: {
    contentId: id('a'),
    linkId: id('b'),
    parentContentId: id('c'),
    owner: id('d'),
    relativePath: '../bases/my disk.vmdk',
  },
  parent: { storedName: '/bases/my disk.vmdk', generation: 1200 },
};
const { parent: _none, ...withoutParent } = redoLog;
const base: NewExtent = {
  ...withoutParent,
  ordinal: 0,
  record: { contentId: id('a'), linkId: id('b') },
  geometry: {
    file: { cylinders: 99, heads: 16, sectorsPerTrack: 63 },
    disk: { cylinders: 297, heads: 16, sectorsPerTrack: 63 },
  },
};

function bytesOf(extent: NewExtent): { bytes: Uint8Array; lengthBytes: number } {
  const { header, lengthBytes } = planExtent(extent);
  return { bytes: encodeHeader(header), lengthBytes };
}

function failure(act: () => unknown): { code: string; field?: string } {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
    const { code } = error as RedoubtError;
    return { code, ...(error.is('disk.corrupt') ? { field: error.details.field } : {}) };
  }
  return { code: 'none' };
}

describe('the COWD header', () => {
  it.each([
    ['a redo log', redoLog],
    ['a base', base],
    ['version 1', { ...base, dialect: dialects.esx, ordinal: 0, fileCount: 1 }],
  ])('comes back as it was written: %s', (_name, extent) => {
    const { header, lengthBytes } = planExtent(extent);
    const decoded = decodeHeader(encodeHeader(header), 'f', lengthBytes);
    const expected =
      extent.dialect.version === 3
        ? header
        : {
            ...header,
            controller: undefined,
            diskGeometry: { cylinders: 0, heads: 0, sectorsPerTrack: 0 },
            diskCapacitySectors: 0,
            fileCapacitySectors: 0,
          };
    expect({ ...decoded, description: '' }).toEqual({ ...expected, description: '' });
  });

  it('puts its fields where other programs look for them', () => {
    const { bytes } = bytesOf(redoLog);
    const view = new DataView(bytes.buffer);
    const u32 = (at: number): number => view.getUint32(at, true);
    expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('COWD');
    expect([u32(4), u32(8), u32(12), u32(16), u32(20), u32(24)]).toEqual([
      3,
      0x1a,
      100000,
      8,
      4,
      Math.ceil(100000 / 32768),
    ]);
    expect([u32(1056), u32(1060), u32(1636), u32(1648), u32(1652), u32(1676), u32(1680)]).toEqual([
      1200, 1234, 1234, 1, 3, 100000, 2,
    ]);
    expect(u32(8 + 0) & 1).toBe(0);
    const root = new DataView(bytesOf(base).bytes.buffer);
    expect([
      root.getUint32(8, true),
      root.getUint32(32, true),
      root.getUint32(36, true),
      root.getUint32(40, true),
    ]).toEqual([0x1b, 99, 16, 63]);
    expect(root.getUint32(1668, true)).toBe(300000);
  });

  it('leaves fields that it does not know as they were', () => {
    const { bytes, lengthBytes } = bytesOf(base);
    bytes.fill(0xee, 1700, 2048);
    new ByteWriter(bytes).u32(1684, 0x401);
    const decoded = decodeHeader(bytes, 'f', lengthBytes);
    const after = encodeHeader({ ...decoded, isClean: false, freeSector: 77 }, bytes);
    const changed = [...after.keys()].filter((at) => after[at] !== bytes[at]);
    expect(changed.every((at) => at < 512)).toBe(true);
  });

  const longName = new Uint8Array(1024).fill(0x61);
  it.each<[field: string, at: number, value: number | string | Uint8Array, code: string]>([
    ['magic', 0, 0x564d444b, 'disk.not-a-disk'],
    ['version', 4, 2, 'disk.unsupported'],
    ['version', 4, 0xffffffff, 'disk.unsupported'],
    ['flags', 8, 0x20, 'disk.corrupt'],
    ['flags', 8, 0x80000002, 'disk.corrupt'],
    ['numSectors', 12, 0, 'disk.corrupt'],
    ['numGDEntries', 12, 0xffffffff, 'disk.corrupt'],
    ['grainSize', 16, 0, 'disk.corrupt'],
    ['grainSize', 16, 12, 'disk.corrupt'],
    ['grainSize', 16, 4096, 'disk.corrupt'],
    ['gdOffset', 20, 3, 'disk.corrupt'],
    ['gdOffset', 20, 0xfffffff0, 'disk.corrupt'],
    ['numGDEntries', 24, 0, 'disk.corrupt'],
    ['numGDEntries', 24, 0xffffffff, 'disk.corrupt'],
    ['parentFileName', 32, 0, 'disk.corrupt'],
    ['parentFileName', 32, longName, 'disk.corrupt'],
    ['name', 1064, longName.subarray(0, 60), 'disk.corrupt'],
    ['description', 1124, longName.subarray(0, 512), 'disk.corrupt'],
    ['description', 1124, 'redoubt1 content=12', 'disk.corrupt'],
    ['fileOrdinal', 1648, 3, 'disk.corrupt'],
    ['filesPerDisk', 1652, 1_000_000, 'disk.corrupt'],
  ])('is refused with a bad %s (at %i)', (field, at, value, code) => {
    const { bytes, lengthBytes } = bytesOf(redoLog);
    if (typeof value === 'number') new ByteWriter(bytes).u32(at, value);
    else if (typeof value === 'string') new ByteWriter(bytes).text(at, 512, value);
    else bytes.set(value, at);
    const found = failure(() => decodeHeader(bytes, 'f', lengthBytes));
    expect(found).toEqual(code === 'disk.corrupt' ? { code, field } : { code });
  });

  it('[B1] is refused when it is cut off', () => {
    const { bytes } = bytesOf(redoLog);
    expect(failure(() => decodeHeader(bytes.subarray(0, 2000), 'f', 2000))).toEqual({
      code: 'disk.corrupt',
      field: 'length',
    });
    expect(failure(() => decodeHeader(bytes.subarray(0, 3), 'f', 3))).toEqual({ code: 'disk.not-a-disk' });
    expect(failure(() => decodeHeader(new Uint8Array(0), 'f', 0))).toEqual({ code: 'disk.not-a-disk' });
    expect(failure(() => decodeHeader(bytes, 'f', 2048))).toEqual({ code: 'disk.corrupt', field: 'gdOffset' });
  });
});

describe('the line that says who a link is', () => {
  const record = { contentId: id('1'), linkId: id('2') };

  it.each([
    record,
    { ...record, parentContentId: id('3'), owner: id('4'), relativePath: 'a b/c=d relpath=e.vmdk' },
    { ...record, committing: id('5'), isMixed: true },
    { ...record, standsFor: { contentId: id('6'), generation: 4294967295 } },
    { ...record, standsFor: { contentId: id('6'), generation: 7, knownAs: '0a1b2c3d' } },
    { ...record, standsFor: { contentId: undefined, generation: 0, knownAs: id('7') } },
    { ...record, standsFor: { contentId: undefined, generation: 0, knownAs: `0a1b2c3d${id('7')}` } },
  ])('comes back as it was written: %j', (value) => {
    expect(parseLinkRecord(formatLinkRecord(value))).toEqual(value);
  });

  it('is written word for word', () => {
    expect(formatLinkRecord({ ...record, parentContentId: id('3'), relativePath: 'p/x.vmdk' })).toBe(
      `redoubt1 content=${id('1')} link=${id('2')} parent=${id('3')} owner=- relpath=p/x.vmdk`,
    );
  });

  it('lies in the sector of the generation whatever is added, so a path that is too long is left out', () => {
    for (const length of [1, 100, 179, 180, 181, 182, 250, 500]) {
      const path = 'p'.repeat(length);
      const plain = formatLinkRecord({ ...record, relativePath: path });
      const longest = formatLinkRecord({
        ...record,
        relativePath: path,
        standsFor: { contentId: id('6'), generation: 4294967295 },
      });
      expect(longest.length).toBeLessThan(1536 - 1124);
      expect(longest.includes('relpath=')).toBe(plain.includes('relpath='));
      expect(plain.includes('relpath=')).toBe(length <= 181);
      const known = { contentId: id('6'), generation: 4294967295, knownAs: `0a1b2c3d${id('7')}` };
      const oldState = { ...record, parentContentId: id('3'), relativePath: path, standsFor: known };
      expect(formatLinkRecord({ ...oldState, isMixed: true, committing: id('5') }).length).toBeLessThan(1536 - 1124);
    }
  });

  it('is foreign without the mark, and wrong with the mark and another shape', () => {
    expect(parseLinkRecord('')).toBeUndefined();
    expect(parseLinkRecord('made by somebody else')).toBeUndefined();
    expect(parseLinkRecord('redoubt1 ')).toMatch(/content/);
    expect(parseLinkRecord(`redoubt1 content=${id('1')} link=${id('X')}`)).toMatch(/link/);
    expect(parseLinkRecord(`redoubt1 content=${id('1')} content=${id('2')} link=${id('3')}`)).toMatch(/twice/);
    expect(parseLinkRecord(`${formatLinkRecord(record)} stands-for=${id('6')}`)).toMatch(/stands-for/);
  });
});

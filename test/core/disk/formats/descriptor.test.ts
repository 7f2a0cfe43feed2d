import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { kindOfDescribed } from '../../../../core/disk/formats/descriptor/create-type.ts';
import { isDescriptor, type Descriptor } from '../../../../core/disk/formats/descriptor/descriptor.ts';
import { formatDescriptor } from '../../../../core/disk/formats/descriptor/format-descriptor.ts';
import { longestDescriptorBytes, parseDescriptor } from '../../../../core/disk/formats/descriptor/parse-descriptor.ts';

const good = `# Disk DescriptorFile
version=1
encoding="UTF-8"
CID=8df05e3b
parentCID=ffffffff
createType="twoGbMaxExtentSparse"

# Extent description
RW 4192256 SPARSE "a disk-s001.vmdk"
RW 10 SPARSE "b=1.vmdk"

#DDB
ddb.adapterType = "ide"
ddb.geometry.cylinders = "10402"
`;

function parse(text: string): Descriptor {
  return parseDescriptor(Buffer.from(text), '/d.vmdk');
}

function failure(act: () => unknown): RedoubtError {
  try {
    act();
  } catch (error) {
    if (error instanceof RedoubtError) return error as RedoubtError;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('text descriptors', () => {
  it('are read with their keys, extents and database', () => {
    const descriptor = parse(good);
    expect(descriptor).toMatchObject({ version: 1, cid: 0x8df05e3b, createType: 'twoGbMaxExtentSparse' });
    expect(descriptor.parentCid).toBeUndefined();
    expect(descriptor.extents).toEqual([
      { access: 'RW', sectors: 4192256, type: 'SPARSE', fileName: 'a disk-s001.vmdk', offsetSectors: 0, line: 9 },
      { access: 'RW', sectors: 10, type: 'SPARSE', fileName: 'b=1.vmdk', offsetSectors: 0, line: 10 },
    ]);
    expect([...descriptor.database]).toEqual([
      ['ddb.adaptertype', 'ide'],
      ['ddb.geometry.cylinders', '10402'],
    ]);
  });

  it.each([
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['NULs behind it', `${good}\0\0\0garbage`],
    ['other case', good.replace('CID=8DF', 'cId=8df').replace('parentCID', 'PARENTcid').replace('SPARSE', 'sparse')],
    ['blanks around =', good.replace('CID=8df', 'CID = 8df').replace('createType=', 'createType  =\t')],
    ['a byte order mark', `\ufeff${good}`],
    ['unknown keys and change tracking', `${good}\n# Change Tracking File\nchangeTrackPath="x-ctk.vmdk"\n`],
    ['a key that is given twice alike', `${good}version=1\n`],
  ])('are read with %s', (_what, text) => {
    expect(parse(text)).toMatchObject({ cid: 0x8df05e3b, extents: parse(good).extents });
  });

  it('have flat extents with an offset, and extents of zeros without a file', () => {
    const { extents } = parse(
      good.replace('RW 10 SPARSE "b=1.vmdk"', 'RDONLY 7 FLAT "x-flat.vmdk" 63\nRW 5 ZERO\nRW 2 VMFS "v-flat.vmdk"'),
    );
    expect(extents.slice(1)).toEqual([
      { access: 'RDONLY', sectors: 7, type: 'FLAT', fileName: 'x-flat.vmdk', offsetSectors: 63, line: 10 },
      { access: 'RW', sectors: 5, type: 'ZERO', offsetSectors: 0, line: 11 },
      { access: 'RW', sectors: 2, type: 'VMFS', fileName: 'v-flat.vmdk', offsetSectors: 0, line: 12 },
    ]);
  });

  it('have a parent where parentCID says so', () => {
    const child = parse(good.replace('ffffffff', '0000000a\nparentFileNameHint="../base/parent.vmdk"'));
    expect(child).toMatchObject({ parentCid: 10, parentFileNameHint: '../base/parent.vmdk' });
  });

  it('in the code page of Windows are read as such', () => {
    const text = Buffer.from(good.replace('a disk', 'Gr\u00fc\u00dfe'), 'latin1');
    expect(parseDescriptor(text, '/d').extents[0]?.fileName).toBe('Gr\u00fc\u00dfe-s001.vmdk');
  });

  it.each([
    ['version', good.replace('version=1', 'version=x'), 'line 2, version'],
    ['CID', good.replace('CID=8df05e3b', 'CID=8df05e3bb'), 'line 4, CID'],
    ['no CID', good.replace('CID=8df05e3b', ''), 'CID'],
    ['no createType', good.replace(/createType.*/, ''), 'createType'],
    ['a CID given twice', `${good}CID=00000001\n`, 'line 15, cid'],
    ['no name for the parent', good.replace('parentCID=ffffffff', 'parentCID=00000001'), 'parentFileNameHint'],
    ['no extents', good.replaceAll(/^RW.*$/gm, ''), 'extents'],
    ['no sectors', good.replace('RW 10', 'RW 0'), 'line 10, sectors'],
    ['too many sectors', good.replace('RW 10', 'RW 99999999999999999999'), 'line 10, sectors'],
    ['sectors past exact numbers', good.replace('RW 10', 'RW 17592186044416'), 'line 10, sectors'],
    ['an unknown type', good.replace('10 SPARSE', '10 DENSE'), 'line 10, extent type'],
    ['a flat extent without offset', good.replace('10 SPARSE', '10 FLAT'), 'line 10, extent'],
    ['no file', good.replace('"b=1.vmdk"', ''), 'line 10, extent'],
    ['an open quotation mark', good.replace('"ide"', '"'), 'line 13, ddb.adapterType'],
    ['a line of nothing known', `${good}hello\n`, 'line 15, text'],
    ['a control character in a name', good.replace('b=1', 'b\u0007'), 'line 10, file name'],
    ['a long line', `${good}# ${'x'.repeat(5000)}\n`, 'line 15, length'],
  ])('[B1] with %s are refused, and the line is named', (_what, text, field) => {
    const error = failure(() => parse(text));
    expect(error.code).toBe('disk.corrupt');
    expect(error.details).toMatchObject({ file: '/d.vmdk', field });
  });

  it('[B1] that are too long or have too many extents are refused', () => {
    const long = `${good}${'#\n'.repeat(longestDescriptorBytes / 2)}`;
    expect(failure(() => parse(long)).details).toMatchObject({ field: 'length' });
    const many = good.replace('#DDB', 'RW 1 ZERO\n'.repeat(32_768));
    expect(failure(() => parse(many)).details).toMatchObject({ value: '32769' });
  });

  it('[B1] of a later version are refused, and other files are no descriptors', () => {
    expect(failure(() => parse(good.replace('version=1', 'version=4'))).code).toBe('disk.unsupported');
    expect(failure(() => parse('KDMV')).code).toBe('disk.not-a-disk');
    expect(isDescriptor(Buffer.from('# disk descriptorfile'))).toBe(true);
    expect(isDescriptor(Buffer.from('# A file'))).toBe(false);
  });
});

describe('createType', () => {
  it.each([
    ['monolithicSparse', 'SPARSE "x"', 'sparse'],
    ['twoGbMaxExtentSparse', 'SPARSE "x"', 'sparse'],
    ['2GbMaxExtentSparse', 'ZERO', 'sparse'],
    ['streamOptimized', 'SPARSE "x"', 'stream'],
    ['monolithicFlat', 'FLAT "x" 0', 'flat'],
    ['twoGbMaxExtentFlat', 'FLAT "x" 0', 'flat'],
    ['vmfs', 'VMFS "x"', 'flat'],
    ['vmfsThin', 'VMFS "x"', 'flat'],
    ['vmfsSparse', 'VMFSSPARSE "x"', 'cowd'],
  ])('%s is known', (createType, extent, kind) => {
    const descriptor = parse(good.replace('twoGbMaxExtentSparse', createType).replaceAll(/^RW.*$/gm, `RW 9 ${extent}`));
    expect(kindOfDescribed(descriptor, '/d')).toBe(kind);
  });

  it.each(['fullDevice', 'partitionedDevice', 'custom', 'vmfsRaw', 'vmfsRDM', 'seSparse', 'whatever'])(
    '%s is refused by name',
    (createType) => {
      const error = failure(() => kindOfDescribed(parse(good.replace('twoGbMaxExtentSparse', createType)), '/d'));
      expect(error).toMatchObject({
        code: 'disk.unsupported',
        details: { file: '/d', feature: `createType ${createType}` },
      });
    },
  );

  it('refuses extents that do not go with it, and such as nobody may read', () => {
    const flat = failure(() => kindOfDescribed(parse(good.replace('twoGbMaxExtentSparse', 'monolithicFlat')), '/d'));
    expect(flat).toMatchObject({ code: 'disk.corrupt', details: { field: 'line 9, extent type', value: 'SPARSE' } });
    const closed = failure(() => kindOfDescribed(parse(good.replace('RW 10', 'NOACCESS 10')), '/d'));
    expect(closed.code).toBe('disk.unsupported');
  });
});

describe('writing descriptors', () => {
  it('is the inverse of reading', () => {
    const text = good
      .replace('ffffffff', '0000000a\nparentFileNameHint="p.vmdk"')
      .replace('RW 10 SPARSE', 'RW 3 ZERO\nRW 10 SPARSE');
    const written = formatDescriptor(parse(text));
    const withoutLines = ({ extents, ...rest }: Descriptor) => ({
      ...rest,
      extents: extents.map((extent) => ({ ...extent, line: 0 })),
    });
    expect(withoutLines(parse(written))).toEqual(withoutLines(parse(text)));
  });

  it('refuses names that a descriptor cannot hold', () => {
    const descriptor = {
      ...parse(good),
      extents: [{ ...(parse(good).extents[0] as Descriptor['extents'][0]), fileName: 'a"b' }],
    };
    expect(failure(() => formatDescriptor(descriptor)).code).toBe('disk.bad-name');
  });
});

import { RedoubtError } from '../../../base/redoubt-error.ts';

interface Mark {
  readonly name: string;
  readonly offset: number;
  readonly mark: Buffer;
}

/** What other programs' formats begin with: as raw data they would be shown to a guest, and written over. */
const marks: readonly Mark[] = [
  // The same four bytes, then the version.
  { name: 'qcow', offset: 0, mark: Buffer.from('QFI\xfb\0\0\0\x01', 'latin1') },
  { name: 'qcow2', offset: 0, mark: Buffer.from('QFI\xfb', 'latin1') },
  { name: 'QED', offset: 0, mark: Buffer.from('QED\0', 'latin1') },
  { name: 'VHDX', offset: 0, mark: Buffer.from('vhdxfile') },
  { name: 'VHD', offset: 0, mark: Buffer.from('conectix') },
  { name: 'VDI', offset: 64, mark: Buffer.from('7f10dabe', 'hex') },
  { name: 'SESparse', offset: 0, mark: Buffer.from('bebafeca00000000', 'hex') },
  { name: 'Parallels', offset: 0, mark: Buffer.from('WithoutFreeSpace') },
  { name: 'Parallels', offset: 0, mark: Buffer.from('WithouFreSpacExt') },
];

/** The name of another program's disk format, by the first sector of a file; `undefined` where it begins as none of them. */
export function foreignFormat(start: Uint8Array): string | undefined {
  return marks.find(({ offset, mark }) => mark.equals(start.subarray(offset, offset + mark.length)))?.name;
}

/** The refusal to open such a file as it is. */
export function foreignFormatError(file: string, format: string): RedoubtError<'disk.unsupported'> {
  const way = 'make a disk of it with redoubt disk convert';
  return new RedoubtError('disk.unsupported', `${file} is a disk of the format ${format}; ${way}.`, {
    file,
    feature: `the format ${format}`,
    format,
  });
}

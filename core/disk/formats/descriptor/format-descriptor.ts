import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import { descriptorMark, formatCid, noParentCid, type Descriptor } from './descriptor.ts';

/**
 * The text of a descriptor. A sparse extent's line has no offset; the names must have no quotation mark.
 * Throws disk.bad-name.
 */
export function formatDescriptor(descriptor: Descriptor): string {
  const { version, cid, parentCid, createType, parentFileNameHint, extents, database } = descriptor;
  const lines = [
    descriptorMark,
    `version=${String(version)}`,
    `CID=${formatCid(cid)}`,
    `parentCID=${formatCid(parentCid ?? noParentCid)}`,
    `createType="${createType}"`,
    ...(parentFileNameHint === undefined ? [] : [`parentFileNameHint="${quotable(parentFileNameHint)}"`]),
    '',
    '# Extent description',
    ...extents.map(({ access, sectors, type, fileName, offsetSectors }) =>
      [
        access,
        String(sectors),
        type,
        ...(fileName === undefined ? [] : [`"${quotable(fileName)}"`]),
        ...(type === 'FLAT' ? [String(offsetSectors)] : []),
      ].join(' '),
    ),
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    ...[...database].map(([key, value]) => `${key} = "${quotable(value)}"`),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Where the eight digits of a CID lie, so that they can be changed in place and every other byte stays as it
 * is. `bytes` is the text as it stands in its file. Throws disk.unsupported for a CID that is not written in
 * eight digits, or lies in two sectors, where a crash could leave half of it.
 */
export function locateCid(
  bytes: Uint8Array,
  file: string,
  key: 'CID' | 'parentCID' = 'CID',
): { offsetBytes: number; cid: number } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const match = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*"?([0-9a-f]{8})\\b`, 'im').exec(text);
  if (match?.[1] === undefined) throw unsupported(file, `changing a ${key} that is not written in eight digits`);
  const offsetBytes = match.index + match[0].length - match[1].length;
  if (Math.floor(offsetBytes / SECTOR_BYTES) !== Math.floor((offsetBytes + 7) / SECTOR_BYTES))
    throw unsupported(file, `changing a ${key} that lies in two sectors`);
  return { offsetBytes, cid: parseInt(match[1], 16) };
}

function unsupported(file: string, feature: string): RedoubtError {
  return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}

function quotable(text: string): string {
  if (!/["\p{Cc}]/u.test(text)) return text;
  throw new RedoubtError('disk.bad-name', `${text} can't be named in a descriptor.`, {
    value: text,
    reason: 'it has a character that descriptors do not allow',
  });
}

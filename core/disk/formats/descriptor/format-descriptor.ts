import { RedoubtError } from '../../../base/redoubt-error.ts';
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

function quotable(text: string): string {
  if (!/["\p{Cc}]/u.test(text)) return text;
  throw new RedoubtError('disk.bad-name', `${text} can't be named in a descriptor.`, {
    value: text,
    reason: 'it has a character that descriptors do not allow',
  });
}

import type { LinkRecord } from '../link-state.ts';

/**
 * The line that Redoubt keeps in a COWD header's description field: a link's record as text, so that other
 * programs show it and leave it alone.
 *
 * All of it but the relative path must lie in the sector that also holds the generation (bytes 1024–1535
 * of the file), because both change in one sector write. So the path is left out where it would not fit
 * even after the longest of the optional words has been added.
 */

const MARK = 'redoubt1 ';
/** Bytes of the description field that lie in the generation's sector, less one for the final NUL. */
const ROOM_BYTES = 1536 - 1124 - 1;
/** All ids, and the longest word that a later update can add, so that no update pushes the path out. */
const RESERVED_BYTES =
  MARK.length + 'content= link= parent= owner='.length + 4 * 32 + ' stands-for='.length + 32 + ':4294967295'.length;

/** In the place of a content id that a foreign parent did not have. */
const NO_ID = '0'.repeat(32);

const idPattern = /^[0-9a-f]{32}$/;

/** The text of the description field for a record. */
export function formatLinkRecord(record: LinkRecord): string {
  const words = [
    `content=${record.contentId}`,
    `link=${record.linkId}`,
    `parent=${record.parentContentId ?? '-'}`,
    `owner=${record.owner ?? '-'}`,
  ];
  if (record.committing !== undefined) words.push(`committing=${record.committing}`);
  if (record.standsFor !== undefined)
    words.push(`stands-for=${record.standsFor.contentId ?? NO_ID}:${String(record.standsFor.generation)}`);
  const knownAs = record.standsFor?.knownAs === undefined ? '' : `known-as=${record.standsFor.knownAs}`;
  if (knownAs !== '') words.push(knownAs);
  if (record.isMixed === true) words.push('mixed');
  if (record.relativePath !== undefined) {
    const pathWord = `relpath=${record.relativePath}`;
    const pathBytes = 1 + new TextEncoder().encode(pathWord).length;
    // An old-state link keeps this word for life, so it is counted where it is.
    const knownBytes = knownAs === '' ? 0 : knownAs.length + 1;
    if (RESERVED_BYTES + knownBytes + pathBytes <= ROOM_BYTES) words.push(pathWord);
  }
  return MARK + words.join(' ');
}

/**
 * Reads a description field. Returns `undefined` for a foreign file (the mark is missing) and a sentence
 * that says what is wrong for a line that has our mark but not our shape.
 */
export function parseLinkRecord(description: string): LinkRecord | string | undefined {
  if (!description.startsWith(MARK)) return undefined;
  const [, fixed, relativePath] = /^(.*?)(?: relpath=(.*))?$/s.exec(description.slice(MARK.length)) ?? [];
  const words = new Map<string, string>();
  for (const word of (fixed ?? '').split(' ').filter((part) => part !== '')) {
    const [key, value = ''] = word.split('=', 2) as [string, string?];
    if (words.has(key)) return `${key} is given twice`;
    words.set(key, value);
  }
  const contentId = words.get('content') ?? '';
  const linkId = words.get('link') ?? '';
  const ids = {
    content: contentId,
    link: linkId,
    parent: words.get('parent'),
    owner: words.get('owner'),
    committing: words.get('committing'),
  };
  for (const [key, value] of Object.entries(ids)) {
    if (value === undefined || (value === '-' && (key === 'parent' || key === 'owner'))) continue;
    if (!idPattern.test(value)) return `${key} is not 32 hexadecimal digits`;
  }
  const standsFor = words.get('stands-for');
  const standing = standsFor === undefined ? undefined : /^([0-9a-f]{32}):(\d{1,10})$/.exec(standsFor);
  if (standing === null || Number(standing?.[2] ?? 0) > 0xffff_ffff) return 'stands-for is not <id>:<generation>';
  const knownAs = words.get('known-as');
  if (knownAs !== undefined && !/^(?:[0-9a-f]{8}|[0-9a-f]{32}|[0-9a-f]{40})$/.test(knownAs))
    return 'known-as is neither 8 nor 32 nor 40 hexadecimal digits';
  return {
    contentId,
    linkId,
    ...(ids.parent === undefined || ids.parent === '-' ? {} : { parentContentId: ids.parent }),
    ...(ids.owner === undefined || ids.owner === '-' ? {} : { owner: ids.owner }),
    ...(ids.committing === undefined ? {} : { committing: ids.committing }),
    ...(standing === undefined
      ? {}
      : {
          standsFor: {
            contentId: standing[1] === NO_ID ? undefined : standing[1],
            generation: Number(standing[2]),
            ...(knownAs === undefined ? {} : { knownAs }),
          },
        }),
    ...(words.has('mixed') ? { isMixed: true } : {}),
    ...(relativePath === undefined || relativePath === '' ? {} : { relativePath }),
  };
}

import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import { formatCid } from './descriptor.ts';

/** A descriptor with another CID, and the bytes of it that have to be written: they lie in one sector. */
export interface CidChange {
  /** The whole text and what follows it; longer than before only where it fills a file of its own. */
  readonly after: Uint8Array;
  readonly startBytes: number;
  readonly endBytes: number;
}

/**
 * Changes the digits of a CID. Eight of them change where they stand. Fewer, as some writers leave leading zeros
 * away, grow to eight: the text that follows moves up, as far as the end of the text or the next comment in the
 * sector, which is cut short by as much. So whatever is changed lies in one sector, and a crash leaves the old
 * descriptor or the new one. Pure.
 *
 * `bytes`: what stands in the file, from the descriptor's beginning, which is also a sector's. `isEmbedded`: all
 * the room there is, of which a NUL must stay. Throws disk.unsupported where the sector has no room, and for a
 * CID that lies in two sectors or is given twice.
 */
export function changeCid(
  bytes: Uint8Array,
  file: string,
  { key, cid, isEmbedded }: { key: 'CID' | 'parentCID'; cid: number; isEmbedded: boolean },
): CidChange {
  const unsupported = (what: string) => {
    const feature = `changing a ${key} ${what}`;
    return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
  };
  const nul = bytes.indexOf(0);
  const text = Buffer.from(bytes.subarray(0, nul < 0 ? bytes.length : nul)).toString('latin1');
  const [match, another] = text.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*"?(?:0x)?([0-9a-f]{1,8})\\b`, 'gim'));
  // A descriptor that gives two different ones is not read any more.
  if (another !== undefined) throw unsupported('that is given twice');
  const before = match?.[1];
  if (match === undefined || before === undefined) throw unsupported('that is not where one should be');
  const endOfOld = match.index + match[0].length;
  const startBytes = endOfOld - before.length;
  const endOfSector = (Math.floor(startBytes / SECTOR_BYTES) + 1) * SECTOR_BYTES;
  const digits = Buffer.from(formatCid(cid));
  const endOfNew = startBytes + digits.length;
  if (endOfNew > endOfSector) throw unsupported('that lies in two sectors');
  const missing = endOfNew - endOfOld;
  if (missing === 0) {
    const after = bytes.slice();
    after.set(digits, startBytes);
    return { after, startBytes, endBytes: endOfNew };
  }
  const cut = endOfMove(text, { from: endOfOld, missing, endOfSector });
  const movesWhole = text.length + missing <= endOfSector && isFreeAt(bytes, text.length + missing, isEmbedded);
  if (!movesWhole && cut === undefined) throw unsupported('for whose missing digits its sector has no room');
  const endOfMoved = movesWhole ? text.length : (cut as number) - missing;
  const after = new Uint8Array(Math.max(bytes.length, endOfMoved + missing));
  after.set(bytes);
  after.set(digits, startBytes);
  after.set(bytes.subarray(endOfOld, endOfMoved), endOfNew);
  // What is behind the NUL may be anything: it must not become a part of the text.
  if (movesWhole) after.fill(0, endOfMoved + missing, endOfSector);
  return { after, startBytes, endBytes: Math.min(endOfSector, after.length) };
}

/** Whether a text that ends here ends for a reader too; what is in its last sector can be cleared. */
function isFreeAt(bytes: Uint8Array, endBytes: number, isEmbedded: boolean): boolean {
  if (endBytes >= bytes.length) return !isEmbedded;
  return endBytes % SECTOR_BYTES !== 0 || bytes[endBytes] === 0;
}

/**
 * The end of the first comment after `from` that has `missing` letters to lose in the sector. `undefined`: there is
 * none. `#DDB` is not taken, in case somebody looks for it; nor is what is not ASCII, since half a letter would
 * make another encoding of the whole text.
 */
function endOfMove(
  text: string,
  { from, missing, endOfSector }: { from: number; missing: number; endOfSector: number },
): number | undefined {
  const comments = /^[ \t]*#[^\r\n]*/gm;
  comments.lastIndex = from;
  for (let match = comments.exec(text); match !== null && match.index < endOfSector; match = comments.exec(text)) {
    const end = Math.min(match.index + match[0].length, endOfSector);
    const isPlain = /^[\x20-\x7e]*$/.test(text.slice(end - missing, end));
    if (end - missing > text.indexOf('#', match.index) && isPlain && !/^\s*#\s*ddb\b/i.test(match[0])) return end;
  }
  return undefined;
}

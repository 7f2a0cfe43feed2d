import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES, type CowdHeader } from './header.ts';

/** The sector with the generation, the record and the parent's generation. */
const identityOffsetBytes = 1024;
const otherOffsets = [0, 512, 1536];

/** The header of an open file, judged against the file's length. Throws what `decodeHeader` throws, and disk.io. */
export function readHeader(file: DiskFile): CowdHeader {
  return decodeHeader(readStart(file), file.path, file.lengthBytes());
}

/**
 * Changes a header in place and syncs it. Only sectors that differ are written, each whole, so a change
 * that lies in one sector (generation, record and parent's generation do) is there entirely or not at all. That
 * one comes last, when the rest is on the device: a parent's new name means nothing until the record says so.
 * Returns the new header.
 *
 * `isCertain`: sectors are written even where they do not differ. What was read may be known to the page cache
 * alone: a sync that failed leaves pages that count as written, and the next one says nothing.
 */
export function patchHeader(
  file: DiskFile,
  change: (header: CowdHeader) => CowdHeader,
  options: { isSynced?: boolean; isCertain?: boolean } = {},
): CowdHeader {
  const before = readStart(file);
  const header = change(decodeHeader(before, file.path, file.lengthBytes()));
  const after = encodeHeader(header, before);
  const sectorAt = (bytes: Uint8Array, at: number) => bytes.subarray(at, at + SECTOR_BYTES);
  const mustBeWritten = (at: number) =>
    options.isCertain === true || Buffer.compare(sectorAt(after, at), sectorAt(before, at)) !== 0;
  const writeSectors = (offsets: readonly number[]) => {
    for (const at of offsets) file.write(at, [sectorAt(after, at)]);
    if (offsets.length > 0 && options.isSynced !== false) file.syncNow();
  };
  writeSectors(otherOffsets.filter(mustBeWritten));
  writeSectors([identityOffsetBytes].filter(mustBeWritten));
  return header;
}

function readStart(file: DiskFile): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  return bytes.subarray(0, file.read(0, bytes));
}

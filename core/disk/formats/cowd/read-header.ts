import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../disk-file.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES, type CowdHeader } from './header.ts';

/** The header of an open file, judged against the file's length. Throws what `decodeHeader` throws, and disk.io. */
export function readHeader(file: DiskFile): CowdHeader {
  return decodeHeader(readStart(file), file.path, file.lengthBytes());
}

/**
 * Changes a header in place and syncs it. Only sectors that differ are written, each whole, so a change
 * that lies in one sector (generation, record and parent's generation do) is there entirely or not at all.
 * Returns the new header.
 */
export function patchHeader(
  file: DiskFile,
  change: (header: CowdHeader) => CowdHeader,
  options: { isSynced?: boolean } = {},
): CowdHeader {
  const before = readStart(file);
  const header = change(decodeHeader(before, file.path, file.lengthBytes()));
  const after = encodeHeader(header, before);
  let hasChanged = false;
  for (let at = 0; at < HEADER_BYTES; at += SECTOR_BYTES) {
    const sector = after.subarray(at, at + SECTOR_BYTES);
    if (Buffer.compare(sector, before.subarray(at, at + SECTOR_BYTES)) === 0) continue;
    file.write(at, [sector]);
    hasChanged = true;
  }
  if (hasChanged && options.isSynced !== false) file.syncNow();
  return header;
}

function readStart(file: DiskFile): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  return bytes.subarray(0, file.read(0, bytes));
}

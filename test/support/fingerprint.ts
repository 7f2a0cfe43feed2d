import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Bytes and both times of files, as one comparable value: a base that was only read has the same one
 * afterwards.
 */
export function fingerprint(files: readonly string[]): string {
  return files
    .map((file) => {
      const { size, mtimeNs, ctimeNs, mode } = statSync(file, { bigint: true });
      return `${file} ${String(size)} ${String(mtimeNs)} ${String(ctimeNs)} ${String(mode)} ${hashOf(file)}`;
    })
    .join('\n');
}

/** In pieces, because a disk's file may be larger than any buffer. */
function hashOf(file: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(8 * 1024 * 1024);
  const fd = openSync(file, 'r');
  try {
    for (let count = 1; count > 0;) {
      count = readSync(fd, piece, 0, piece.length, null);
      hash.update(piece.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

/** The same for all that lies below folders: a file more or less is a difference too. */
export function fingerprintBelow(...folders: readonly string[]): string {
  return fingerprint(folders.flatMap(filesBelow));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

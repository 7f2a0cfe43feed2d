import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Bytes and both times of files, as one comparable value: a base that was only read has the same one
 * afterwards.
 */
export function fingerprint(files: readonly string[]): string {
  return files
    .map((file) => {
      const { size, mtimeNs, ctimeNs, mode } = statSync(file, { bigint: true });
      const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
      return `${file} ${String(size)} ${String(mtimeNs)} ${String(ctimeNs)} ${String(mode)} ${hash}`;
    })
    .join('\n');
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

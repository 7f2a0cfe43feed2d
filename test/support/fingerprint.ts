import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

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

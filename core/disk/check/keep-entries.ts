import { isThere } from '../../base/is-there.ts';
import { replaceFile } from '../../base/atomic-file.ts';
import type { OldEntries } from './repair-structure.ts';

/**
 * Writes what entries said that a repair is about to change to a new file `FILE.check-<time>.json` beside the
 * damaged one, synced with its folder. With it somebody who knows better can put them back; while it is there, nothing is cut off the file. Returns its path.
 * Throws disk.permission, disk.no-space, disk.io.
 */
export function keepEntries(file: string, old: OldEntries): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let path = `${file}.check-${stamp}.json`;
  for (let number = 2; isThere(path); number++) path = `${file}.check-${stamp}-${String(number)}.json`;
  const content = {
    redoubt: 1,
    file,
    directoryEntries: old.tables.map(({ table, sector }) => [table, sector]),
    grains: old.grains.map(({ grain, sector }) => [grain, sector]),
  };
  replaceFile(path, `${JSON.stringify(content)}\n`);
  return path;
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hostFiles } from '../../core/disk/files/disk-file.ts';
import { createExtent } from '../../core/disk/formats/cowd/create-extent.ts';
import { dialects, type DialectName } from '../../core/disk/formats/cowd/dialect.ts';
import { segmentPath } from '../../core/disk/segment-paths.ts';

/**
 * Makes an empty base whose segments are as small as a test wants, with the names that the engine gives:
 * logs made over it copy the segments. Returns its first file.
 */
export function makeSmallBase(
  folder: string,
  name: string,
  spansSectors: readonly number[],
  options: { dialect?: DialectName; grainSectors?: number } = {},
): string {
  const first = join(folder, name);
  const record = { contentId: randomBytes(16).toString('hex'), linkId: randomBytes(16).toString('hex') };
  for (const [ordinal, spanSectors] of [...spansSectors.entries()].reverse()) {
    createExtent(hostFiles, {
      path: segmentPath(first, ordinal + 1),
      dialect: dialects[options.dialect ?? 'hybrid'],
      spanSectors,
      diskSectors: spansSectors.reduce((sum, span) => sum + span, 0),
      ordinal,
      fileCount: spansSectors.length,
      generation: 1000,
      controller: 'ide',
      record,
      ...(options.grainSectors === undefined ? {} : { grainSectors: options.grainSectors }),
      isSplit: spansSectors.length > 1,
    });
  }
  hostFiles.syncDirectory(folder);
  return first;
}

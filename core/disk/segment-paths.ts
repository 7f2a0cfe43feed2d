import { basename, dirname, join } from 'node:path';
import { firstSegmentName, segmentName } from './names.ts';

/** Path of a segment, `part` from 1, given the first one's. */
export function segmentPath(first: string, part: number): string {
  return join(dirname(first), segmentName(basename(first), part));
}

/** Where the first segment should be, going by the name of segment `part`. It need not exist. */
export function firstSegmentPath(path: string, part: number): string {
  const name = basename(path);
  return join(dirname(path), firstSegmentName(name, part) ?? name);
}

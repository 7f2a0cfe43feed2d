import { RedoubtError } from '../../../base/redoubt-error.ts';
import { countOf, SECTOR_BYTES } from '../../../base/units.ts';
import type { ExtentPlace } from './cowd-extent.ts';
import { entriesPerTable, FORMAT_LIMIT_SECTORS } from './dialect.ts';
import type { CowdHeader } from './header.ts';
import type { ParentSpans } from '../disk-format.ts';

interface Segment {
  readonly path: string;
  readonly header: CowdHeader;
}

/**
 * Checks that the headers of a link's segments belong together and works out which range of the disk each
 * covers. Pure. Throws disk.corrupt.
 */
export function placeExtents(segments: readonly Segment[], parent?: ParentSpans): ExtentPlace[] {
  const [first] = segments;
  if (first === undefined) return [];
  segments.forEach((segment, index) => {
    checkBelongs(segment, index, first);
  });

  // The entries per table are stored nowhere; the largest segment leaves the least doubt.
  const largest = segments.reduce((a, b) => (b.header.capacitySectors > a.header.capacitySectors ? b : a));
  const entries = entriesPerTable(largest.header);
  if (entries === undefined)
    throw corrupt(largest, 'numGDEntries', largest.header.directoryEntries, 'which fits no size of grain tables');

  const spans = spanSectors(segments, parent);
  let startSectors = 0;
  return segments.map((segment, index) => {
    const span = spans[index] ?? 0;
    const { grainSectors, directoryEntries, capacitySectors } = segment.header;
    if (span <= 0) throw corrupt(segment, 'fileCapacity', span, 'which leaves no sectors for this file');
    if (countOf(span, grainSectors * entries) > directoryEntries) {
      throw corrupt(
        segment,
        'numGDEntries',
        directoryEntries,
        `too few for ${String(Math.max(span, capacitySectors))} sectors`,
      );
    }
    const place = { startBytes: startSectors * SECTOR_BYTES, spanBytes: span * SECTOR_BYTES, entriesPerTable: entries };
    startSectors += span;
    if (startSectors > FORMAT_LIMIT_SECTORS)
      throw corrupt(segment, 'numSectors', span, 'which makes the disk larger than the format allows');
    return place;
  });
}

function checkBelongs(segment: Segment, index: number, first: Segment): void {
  const { header } = segment;
  const same = (field: string, value: string | number, expected: string | number) => {
    if (value !== expected) throw corrupt(segment, field, value, `where ${first.path} says ${String(expected)}`);
  };
  same('fileOrdinal', header.ordinal, header.version === 3 ? index : 0);
  same('version', header.version, first.header.version);
  same('filesPerDisk', header.fileCount, first.header.fileCount);
  same(
    'flags',
    header.parent === undefined ? 'a base' : 'a redo log',
    first.header.parent === undefined ? 'a base' : 'a redo log',
  );
  // Ids prove more than names, which a crash may have left half renewed. A foreign file gets its ids one segment
  // after the other.
  const [linkId, firstLinkId] = [header.record?.linkId, first.header.record?.linkId];
  if (linkId !== undefined && firstLinkId !== undefined) same('link', linkId, firstLinkId);
  else same('parentFileName', header.parent?.storedName ?? '', first.header.parent?.storedName ?? '');
  // A segment that is older just was not written since; a newer one belongs to another state of the disk.
  if (header.generation > first.header.generation) {
    throw corrupt(
      segment,
      'generation',
      header.generation,
      `newer than ${String(first.header.generation)} of ${first.path}`,
    );
  }
}

/**
 * The sectors that each file covers. In a split base by VMware the stated capacity is rounded to cylinders
 * and the file capacity is the truth, for all but the last file, which takes the rest of the disk (source:
 * VDK). A redo log may state the whole disk in every segment: then ours says in the file capacity what each
 * covers, and for a foreign one the parent's spans hold.
 */
function spanSectors(segments: readonly Segment[], parent: ParentSpans | undefined): number[] {
  const headers = segments.map(({ header }) => header);
  const [first] = headers;
  if (first === undefined || headers.length === 1) return headers.map((header) => header.capacitySectors);
  if (first.parent === undefined) {
    const spans = headers.map((header) => header.fileCapacitySectors || header.capacitySectors);
    if (first.diskCapacitySectors === 0) return spans;
    const others = spans.slice(0, -1).reduce((sum, span) => sum + span, 0);
    return [...spans.slice(0, -1), first.diskCapacitySectors - others];
  }
  const fileSpans = headers.map((header) => header.fileCapacitySectors);
  const sum = fileSpans.reduce((total, span) => total + span, 0);
  if (first.record !== undefined && headers.every((header) => header.capacitySectors === sum)) return fileSpans;
  const parentSectors = parent === undefined ? undefined : parent.capacityBytes / SECTOR_BYTES;
  const statesDisk = parent !== undefined && headers.every((header) => header.capacitySectors === parentSectors);
  if (statesDisk && parent.spansBytes.length === headers.length)
    return parent.spansBytes.map((span) => span / SECTOR_BYTES);
  return headers.map((header) => header.capacitySectors);
}

function corrupt(segment: Segment, field: string, value: string | number, reason: string): RedoubtError {
  const { path: file } = segment;
  return new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${String(value)}, ${reason}.`, {
    file,
    field,
    value: String(value),
    reason,
  });
}

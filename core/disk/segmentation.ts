import { assert } from '../base/assert.ts';
import { dialects, FORMAT_LIMIT_SECTORS, layOutExtent, SPLIT_FILE_LIMIT_SECTORS } from './formats/cowd/dialect.ts';

/**
 * How a disk is cut into files. Pure arithmetic in sectors of 512 bytes.
 *
 * A sparse file holds a header (4 sectors), the grain directory, all grain tables (preallocated) and the
 * grains. Split files stay below 2 GiB, which file systems and tools of the time ask for, and so do the redo
 * logs over them: their grain is half as large, so their tables are twice as long.
 */

export type DiskBus = 'ide' | 'scsi';

const { baseGrainSectors, redoGrainSectors, entriesPerTable } = dialects.hybrid;

/** Whole cylinders of the bus's geometry whose redo log still fits: 4156·16·63 and 1022·128·32. */
const fullSpanSectors: Record<DiskBus, number> = { ide: 4_189_248, scsi: 4_186_112 };

/** Sectors of a file whose every grain is allocated. The last grain is whole even where the span ends inside it. */
export function fullFileSectors(spanSectors: number, grainSectors: number): number {
  return layOutExtent({ spanSectors, grainSectors, entriesPerTable }).fullSectors;
}

/**
 * The spans of a new base, in order; they add up to the capacity. `undefined` where an unsplit file would
 * pass what the format can count.
 */
export function baseSpans(
  capacitySectors: number,
  { split, bus }: { split: boolean; bus: DiskBus },
): number[] | undefined {
  assert(Number.isSafeInteger(capacitySectors) && capacitySectors > 0, 'a capacity is a positive number of sectors');
  if (split) return cut(capacitySectors, fullSpanSectors[bus]);
  // Its redo log must fit as well, and is the longer of the two.
  return fitsFormat(capacitySectors, redoGrainSectors) ? [capacitySectors] : undefined;
}

/**
 * The spans of a redo log over a parent: the parent's own where each fits at the log's grain; else spans
 * that do. A parent that is one file above the limit was meant to be one, and so is its log.
 */
export function redoSpans(parentSpansSectors: readonly number[]): number[] {
  const capacity = parentSpansSectors.reduce((sum, span) => sum + span, 0);
  const [only] = parentSpansSectors;
  if (
    parentSpansSectors.length === 1 &&
    only !== undefined &&
    isAboveSplitSize(only) &&
    fitsFormat(only, redoGrainSectors)
  ) {
    return [only];
  }
  const isUsable = parentSpansSectors.every(
    (span, index) =>
      fullFileSectors(span, redoGrainSectors) <= SPLIT_FILE_LIMIT_SECTORS &&
      (span % redoGrainSectors === 0 || index === parentSpansSectors.length - 1),
  );
  return isUsable ? [...parentSpansSectors] : cut(capacity, fullSpanSectors.ide);
}

function isAboveSplitSize(spanSectors: number): boolean {
  return fullFileSectors(spanSectors, baseGrainSectors) > SPLIT_FILE_LIMIT_SECTORS;
}

function fitsFormat(spanSectors: number, grainSectors: number): boolean {
  return fullFileSectors(spanSectors, grainSectors) <= FORMAT_LIMIT_SECTORS;
}

function cut(capacitySectors: number, spanSectors: number): number[] {
  const full = Math.floor(capacitySectors / spanSectors);
  const rest = capacitySectors - full * spanSectors;
  const spans = new Array<number>(full).fill(spanSectors);
  if (rest > 0) spans.push(rest);
  return spans;
}

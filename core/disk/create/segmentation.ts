import { assert } from '../../base/assert.ts';
import { greatestCommonDivisor } from '../../base/units.ts';
import {
  dialects,
  FORMAT_LIMIT_SECTORS,
  layOutExtent,
  SPLIT_FILE_LIMIT_SECTORS,
  type Dialect,
  type DialectName,
} from '../formats/cowd/dialect.ts';

/**
 * How a disk is cut into files. Pure arithmetic in sectors of 512 bytes.
 *
 * A sparse file holds a header (4 sectors), the grain directory, all grain tables (preallocated) and the
 * grains. Split files stay below 2 GiB, which file systems and tools of the time ask for, and so do the redo
 * logs over them: their grain is half as large, so their tables are twice as long.
 */

export type DiskBus = 'ide' | 'scsi';

/** What a file's metadata takes follows from these two. */
export interface GrainShape {
  readonly grainSectors: number;
  readonly entriesPerTable: number;
}

/**
 * A full file's span: the largest number of whole cylinders and whole grains that fits below 2 GiB; hybrid
 * ones leave room for the longer tables of their redo logs. ws3: 519·16·63·8 and 1023·128·32; esx:
 * 4128·16·63 and 1016·128·32; hybrid: 4156·16·63 and 1022·128·32.
 */
const fullSpanSectors: Record<DialectName, Record<DiskBus, number>> = {
  hybrid: { ide: 4_189_248, scsi: 4_186_112 },
  ws3: { ide: 4_185_216, scsi: 4_190_208 },
  esx: { ide: 4_161_024, scsi: 4_161_536 },
  // Never split.
  vmware2: { ide: FORMAT_LIMIT_SECTORS, scsi: FORMAT_LIMIT_SECTORS },
};

const cylinderSectors: Record<DiskBus, number> = { ide: 16 * 63, scsi: 128 * 32 };

/** Grains and tables of a dialect's bases. */
export function baseShape({ baseGrainSectors, entriesPerTable }: Dialect): GrainShape {
  return { grainSectors: baseGrainSectors, entriesPerTable };
}

/** Grains and tables of a dialect's redo logs. */
export function redoShape({ redoGrainSectors, entriesPerTable }: Dialect): GrainShape {
  return { grainSectors: redoGrainSectors, entriesPerTable };
}

/** Sectors of a file whose every grain is allocated. The last grain is whole even where the span ends inside it. */
export function fullFileSectors(spanSectors: number, shape: GrainShape): number {
  return layOutExtent({ spanSectors, ...shape }).fullSectors;
}

/**
 * The spans of a new base, in order; they add up to the capacity. `undefined` where an unsplit file would
 * pass what the format can count. A dialect that knows no split disks makes one file.
 */
export function baseSpans(
  capacitySectors: number,
  options: { split: boolean; bus: DiskBus; dialect?: Dialect; shape?: GrainShape },
): number[] | undefined {
  assert(Number.isSafeInteger(capacitySectors) && capacitySectors > 0, 'a capacity is a positive number of sectors');
  const { split, bus, dialect = dialects.hybrid, shape = baseShape(dialect) } = options;
  if (split && dialect.canSplit) return cut(capacitySectors, fullSpan(dialect, bus, shape));
  // Its redo log must fit as well, and may be the longer of the two.
  const fits = [shape, redoShape(dialects.hybrid)].every((each) => fitsFormat(capacitySectors, each));
  return fits ? [capacitySectors] : undefined;
}

/**
 * The spans of a redo log over a parent: the parent's own where each fits at the log's grain; else spans
 * that do. A parent that is one file above the limit was meant to be one, and so is its log. `undefined`
 * where the disk, or the one file of a log that can't be split, would pass what the format can count.
 */
export function redoSpans(
  parentSpansSectors: readonly number[],
  dialect = dialects.hybrid,
  shape = redoShape(dialect),
): number[] | undefined {
  const capacity = parentSpansSectors.reduce((sum, span) => sum + span, 0);
  if (capacity > FORMAT_LIMIT_SECTORS) return undefined;
  if (dialect.version === 1) return fitsFormat(capacity, shape) ? [capacity] : undefined;
  const [only] = parentSpansSectors;
  if (parentSpansSectors.length === 1 && only !== undefined && isAboveSplitSize(only) && fitsFormat(only, shape)) {
    return [only];
  }
  const last = parentSpansSectors.length - 1;
  const isUsable = parentSpansSectors.every((span, index) => fitsSplit(span, index === last, shape));
  if (isUsable) return [...parentSpansSectors];
  return cut(capacity, fullSpan(dialect, 'ide', shape));
}

/** The dialect's span, or less where an unusual shape wants that: whole cylinders, whole grains, below 2 GiB. */
function fullSpan(dialect: Dialect, bus: DiskBus, shape: GrainShape): number {
  const { grainSectors } = shape;
  const cylinder = cylinderSectors[bus];
  const unit = (cylinder / greatestCommonDivisor(cylinder, grainSectors)) * grainSectors;
  let span = Math.floor(fullSpanSectors[dialect.name][bus] / unit) * unit;
  while (!fitsSplit(span, false, shape)) span -= unit;
  return span;
}

function fitsSplit(spanSectors: number, isLast: boolean, shape: GrainShape): boolean {
  if (spanSectors % shape.grainSectors !== 0 && !isLast) return false;
  return fullFileSectors(spanSectors, shape) <= SPLIT_FILE_LIMIT_SECTORS;
}

function isAboveSplitSize(spanSectors: number): boolean {
  return fullFileSectors(spanSectors, baseShape(dialects.hybrid)) > SPLIT_FILE_LIMIT_SECTORS;
}

function fitsFormat(spanSectors: number, shape: GrainShape): boolean {
  return fullFileSectors(spanSectors, shape) <= FORMAT_LIMIT_SECTORS;
}

function cut(capacitySectors: number, spanSectors: number): number[] {
  const full = Math.floor(capacitySectors / spanSectors);
  const rest = capacitySectors - full * spanSectors;
  const spans = new Array<number>(full).fill(spanSectors);
  if (rest > 0) spans.push(rest);
  return spans;
}

import { assert } from '../base/assert.ts';

/**
 * How a disk is cut into files. Pure arithmetic in sectors of 512 bytes.
 *
 * A sparse file holds a header (4 sectors), the grain directory, all grain tables (preallocated) and the
 * grains. Split files stay below 2 GiB, which file systems and tools of the time ask for, and so do the redo
 * logs over them: their grain is half as large, so their tables are twice as long.
 */

export type DiskBus = 'ide' | 'scsi';

export const sectorBytes = 512;
/** Split files never pass this. */
export const splitFileLimitBytes = 2 ** 31 - 1;
/** The format counts sectors in 32 bits: capacity plus metadata of one file. */
export const fileLimitSectors = 2 ** 32 - 1;
/** Default grains: 8 KiB for a base; 4 KiB, a guest's page, for a redo log. */
export const baseGrainSectors = 16;
export const redoGrainSectors = 8;
export const hybridTableEntries = 4096;

/** Whole cylinders of the bus's geometry whose redo log still fits: 4156·16·63 and 1022·128·32. */
const fullSpanSectors: Record<DiskBus, number> = { ide: 4_189_248, scsi: 4_186_112 };

const headerSectors = 4;

export interface TableShape {
  readonly grainSectors: number;
  readonly tableEntries: number;
}

/** Sectors of a file whose every grain is allocated. The last grain is whole even where the span ends inside it. */
export function fullFileSectors(spanSectors: number, { grainSectors, tableEntries }: TableShape): number {
  const directoryEntries = Math.ceil(spanSectors / (grainSectors * tableEntries));
  const directorySectors = Math.ceil((directoryEntries * 4) / sectorBytes);
  const tableSectors = directoryEntries * Math.ceil((tableEntries * 4) / sectorBytes);
  const firstGrain = roundUp(headerSectors + directorySectors + tableSectors, grainSectors);
  return firstGrain + roundUp(spanSectors, grainSectors);
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
  const shape = { grainSectors: redoGrainSectors, tableEntries: hybridTableEntries };
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
      fullFileSectors(span, shape) * sectorBytes <= splitFileLimitBytes &&
      (span % redoGrainSectors === 0 || index === parentSpansSectors.length - 1),
  );
  return isUsable ? [...parentSpansSectors] : cut(capacity, fullSpanSectors.ide);
}

function isAboveSplitSize(spanSectors: number): boolean {
  const shape = { grainSectors: baseGrainSectors, tableEntries: hybridTableEntries };
  return fullFileSectors(spanSectors, shape) * sectorBytes > splitFileLimitBytes;
}

function fitsFormat(spanSectors: number, grainSectors: number): boolean {
  return fullFileSectors(spanSectors, { grainSectors, tableEntries: hybridTableEntries }) <= fileLimitSectors;
}

function cut(capacitySectors: number, spanSectors: number): number[] {
  const full = Math.floor(capacitySectors / spanSectors);
  const rest = capacitySectors - full * spanSectors;
  const spans = new Array<number>(full).fill(spanSectors);
  if (rest > 0) spans.push(rest);
  return spans;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

import { RedoubtError } from '../../base/redoubt-error.ts';
import { greatestCommonDivisor, MIB } from '../../base/units.ts';
import type { Extent } from '../formats/extent.ts';
import type { TableMemory } from './table-memory.ts';

/** The part of a disk that one merged table describes. Windows begin at multiples of it. */
export const WINDOW_BYTES = 8 * MIB;

/** Owners count from 1 in 16 bits, below the one that means hidden. */
const MAX_EXTENTS = 0xfffe;

/**
 * What windows of one disk have in common that have the same extents, the nearest to the guest first, and cut them in
 * cells alike. There are very many windows: what is here takes no place in them.
 */
export class WindowShape {
  /** What the last lookup in any window of this shape found: the extent that has the byte, or `undefined` for zeros. */
  extent: Extent | undefined;
  /** What it found: where in that extent. */
  addressBytes = 0;

  private constructor(
    readonly extents: readonly Extent[],
    /** A cell has 2 ** cellShift bytes. */
    readonly cellShift: number,
    readonly diskBytes: number,
    readonly memory: TableMemory,
  ) {}

  /**
   * The shape of the window that begins at `startBytes`: `known`, if it is the same. Throws disk.unsupported (more
   * extents in one window than it can count).
   */
  static of(
    startBytes: number,
    extents: readonly Extent[],
    diskBytes: number,
    memory: TableMemory,
    known?: WindowShape,
  ): WindowShape {
    if (extents.length > MAX_EXTENTS) throw tooManyError(extents);
    const cellShift = Math.log2(cellBytesOf(startBytes, extents));
    if (known?.cellShift === cellShift && areSame(known.extents, extents)) return known;
    return new WindowShape(extents, cellShift, diskBytes, memory);
  }
}

function areSame(some: readonly Extent[], others: readonly Extent[]): boolean {
  if (some === others) return true;
  return some.length === others.length && some.every((extent, index) => extent === others[index]);
}

/** The largest piece that lies in one grain of every extent, wherever it is in the window. */
function cellBytesOf(startBytes: number, extents: readonly Extent[]): number {
  let cell = WINDOW_BYTES;
  for (const extent of extents) {
    cell = greatestCommonDivisor(cell, extent.grainBytes);
    cell = greatestCommonDivisor(
      cell,
      Math.abs(startBytes - extent.startBytes) % extent.grainBytes || extent.grainBytes,
    );
  }
  return cell;
}

function tooManyError(extents: readonly Extent[]): RedoubtError {
  const { path: file } = extents.at(-1) as Extent;
  const count = String(extents.length);
  return new RedoubtError('disk.unsupported', `${file} lies under too many others: ${count} files in one place.`, {
    file,
    feature: `more than ${String(MAX_EXTENTS)} files in one place of the disk`,
  });
}

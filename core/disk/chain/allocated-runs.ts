import { SECTOR_BYTES } from '../../base/units.ts';
import type { CowdExtent } from '../formats/cowd/cowd-extent.ts';

/** Bytes that lie one behind the other both on the disk and in a file of a link. */
export interface AllocatedRun {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly extent: CowdExtent;
  readonly fileOffsetBytes: number;
}

/** Grains that are put into file order together: 8 MiB of memory, and more than a segment at usual grains. */
const SORTED_GRAINS = 2 ** 20;
const READ_GRAINS = 4096;

/**
 * Everything that a link's extents have allocated, in the order of its files, so that reading it is
 * sequential. What a last grain has past the end of the disk is left out. Throws disk.corrupt, disk.io.
 */
export function* allocatedRuns(extents: readonly CowdExtent[]): Generator<AllocatedRun> {
  for (const extent of extents) {
    for (let base = 0; base < extent.grainCount; base += SORTED_GRAINS) {
      yield* runsOf(extent, base, keysInFileOrder(extent, base));
    }
  }
}

/** One number a grain, sector × 2^20 + grain − base (below 2^52), sorted. */
function keysInFileOrder(extent: CowdExtent, base: number): Float64Array {
  const end = Math.min(base + SORTED_GRAINS, extent.grainCount);
  const keys = new Float64Array(end - base);
  const entries = new Uint32Array(READ_GRAINS);
  const positions = new Uint16Array(READ_GRAINS);
  let found = 0;
  for (let grain = base; grain < end; grain += READ_GRAINS) {
    const count = Math.min(READ_GRAINS, end - grain);
    const allocated = extent.readEntries(grain, count, entries, positions);
    for (let k = 0; k < allocated; k++) {
      const position = positions[k] as number;
      keys[found++] = (entries[position] as number) * SORTED_GRAINS + (grain - base + position);
    }
  }
  return keys.subarray(0, found).sort();
}

function* runsOf(extent: CowdExtent, base: number, keys: Float64Array): Generator<AllocatedRun> {
  const grainSectors = extent.grainBytes / SECTOR_BYTES;
  for (let from = 0; from < keys.length;) {
    const key = keys[from] as number;
    const sector = Math.floor(key / SORTED_GRAINS);
    const grain = key % SORTED_GRAINS;
    let count = 1;
    while (keys[from + count] === (sector + count * grainSectors) * SORTED_GRAINS + grain + count) count++;
    from += count;
    const startBytes = (base + grain) * extent.grainBytes;
    yield {
      offsetBytes: extent.startBytes + startBytes,
      lengthBytes: Math.min(count * extent.grainBytes, extent.spanBytes - startBytes),
      extent,
      fileOffsetBytes: sector * SECTOR_BYTES,
    };
  }
}

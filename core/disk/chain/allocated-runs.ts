import { SECTOR_BYTES } from '../../base/units.ts';
import { ZEROS, type Extent } from '../formats/extent.ts';

/** Bytes that lie one behind the other both on the disk and in an extent of a link; zeros where `extent` is absent. */
export interface AllocatedRun {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly extent: Extent | undefined;
  readonly addressBytes: number;
}

/** Grains that are put into file order together: 8 MiB of memory, and more than a segment at usual grains. */
const SORTED_GRAINS = 2 ** 20;
const READ_GRAINS = 4096;

/**
 * Everything that a link's extents have allocated, in the order of its files, so that reading it is
 * sequential. What a last grain has past the end of the disk is left out. Throws disk.corrupt, disk.io.
 */
export function* allocatedRuns(extents: readonly Extent[]): Generator<AllocatedRun> {
  for (const extent of extents) {
    for (let base = 0; base < extent.grainCount; base += SORTED_GRAINS) {
      yield* runsOf(extent, base, keysInFileOrder(extent, base));
    }
  }
}

/** One number a grain, place × 2^20 + grain − base (below 2^52), sorted. */
function keysInFileOrder(extent: Extent, base: number): Float64Array {
  const end = Math.min(base + SORTED_GRAINS, extent.grainCount);
  const keys = new Float64Array(end - base);
  const places = new Uint32Array(READ_GRAINS);
  const positions = new Uint16Array(READ_GRAINS);
  let found = 0;
  for (let grain = base; grain < end; grain += READ_GRAINS) {
    const count = Math.min(READ_GRAINS, end - grain);
    const allocated = extent.readPlaces(grain, count, places, positions);
    for (let k = 0; k < allocated; k++) {
      const position = positions[k] as number;
      keys[found++] = (places[position] as number) * SORTED_GRAINS + (grain - base + position);
    }
  }
  return keys.subarray(0, found).sort();
}

function* runsOf(extent: Extent, base: number, keys: Float64Array): Generator<AllocatedRun> {
  const grainSectors = extent.grainBytes / SECTOR_BYTES;
  for (let from = 0; from < keys.length;) {
    const key = keys[from] as number;
    const place = Math.floor(key / SORTED_GRAINS);
    const grain = key % SORTED_GRAINS;
    const isZeros = place === ZEROS;
    const step = (isZeros ? 0 : grainSectors) * SORTED_GRAINS + 1;
    let count = 1;
    // Behind the last grain of the 2^20 the sum is the key of the first, one place further.
    while (grain + count < SORTED_GRAINS && keys[from + count] === key + count * step) count++;
    from += count;
    const startBytes = (base + grain) * extent.grainBytes;
    yield {
      offsetBytes: extent.startBytes + startBytes,
      lengthBytes: Math.min(count * extent.grainBytes, extent.spanBytes - startBytes),
      extent: isZeros ? undefined : extent,
      addressBytes: isZeros ? 0 : extent.originBytes + place * SECTOR_BYTES,
    };
  }
}

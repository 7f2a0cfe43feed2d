import { ZEROS, type Extent } from '../formats/extent.ts';
import type { Chain } from './chain.ts';

/** What a freed grain weighs, as bytes written, when it is judged whether it is time for a flush: its entry and its row are in memory until then. */
export const FREED_GRAIN_BYTES = 64;

/** Grains that are looked at together. */
const GRAINS_AT_ONCE = 4096;

/** Grains of the leaf, one behind the other on the disk, that may be freed. */
export interface FreeableRun {
  readonly extent: Extent;
  readonly firstGrain: number;
  readonly count: number;
}

/**
 * The grains of the leaf that lie wholly in a range of the disk, are allocated, and have nothing below them: freed,
 * they read as zeros. Over content of a parent they would show it again, so there they stay. The last grain of an
 * extent counts as whole where the range reaches the extent's end. Throws disk.corrupt, disk.io.
 */
export function* freeableRuns(chain: Chain, offsetBytes: number, lengthBytes: number): Generator<FreeableRun> {
  const endBytes = offsetBytes + lengthBytes;
  for (const extent of chain.leaf.extents) {
    const { startBytes, spanBytes, grainBytes } = extent;
    if (extent.free === undefined || startBytes >= endBytes || startBytes + spanBytes <= offsetBytes) continue;
    const first = Math.ceil(Math.max(0, offsetBytes - startBytes) / grainBytes);
    const end =
      endBytes >= startBytes + spanBytes ? extent.grainCount : Math.floor((endBytes - startBytes) / grainBytes);
    for (let grain = first; grain < end; grain += GRAINS_AT_ONCE)
      yield* runsIn(chain, extent, grain, Math.min(GRAINS_AT_ONCE, end - grain));
  }
}

function* runsIn(chain: Chain, extent: Extent, firstGrain: number, count: number): Generator<FreeableRun> {
  const isAllocated = allocatedIn(extent, firstGrain, count);
  if (isAllocated === undefined) return;
  clearWhatLiesOver(chain, extent, firstGrain, isAllocated);
  for (let index = 0; index < count; index++) {
    if (isAllocated[index] !== 1) continue;
    const start = index;
    while (index < count && isAllocated[index] === 1) index++;
    yield { extent, firstGrain: firstGrain + start, count: index - start };
  }
}

/** A flag a grain; `undefined` if none is allocated. */
function allocatedIn(extent: Extent, firstGrain: number, count: number): Uint8Array | undefined {
  const places = new Uint32Array(count);
  if (extent.readPlaces(firstGrain, count, places) === 0) return undefined;
  return Uint8Array.from(places, (place) => (place > ZEROS ? 1 : 0));
}

/** Takes the flags of those grains away under which another link has something. */
function clearWhatLiesOver(chain: Chain, leaf: Extent, firstGrain: number, flags: Uint8Array): void {
  const startBytes = leaf.startBytes + firstGrain * leaf.grainBytes;
  const endBytes = Math.min(startBytes + flags.length * leaf.grainBytes, leaf.startBytes + leaf.spanBytes);
  for (const extent of chain.extentsIn(startBytes, endBytes)) {
    if (extent === leaf) continue;
    const from = Math.max(startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    const end = Math.ceil(to / extent.grainBytes);
    for (let grain = Math.floor(from / extent.grainBytes); grain < end; grain += GRAINS_AT_ONCE) {
      const places = new Uint32Array(Math.min(GRAINS_AT_ONCE, end - grain));
      if (extent.readPlaces(grain, places.length, places) === 0) continue;
      places.forEach((place, index) => {
        if (place === 0) return;
        const at = extent.startBytes + (grain + index) * extent.grainBytes - startBytes;
        const last = Math.ceil((at + extent.grainBytes) / leaf.grainBytes);
        flags.fill(0, Math.max(0, Math.floor(at / leaf.grainBytes)), Math.max(0, last));
      });
    }
  }
}

import { expect, it } from 'vitest';
import type { Chain } from '../../../../core/disk/chain/chain.ts';
import { MergedMap } from '../../../../core/disk/chain/merged-map.ts';
import { WINDOW_BYTES } from '../../../../core/disk/chain/merged-window.ts';
import type { Extent } from '../../../../core/disk/formats/extent.ts';
import { KIB } from '../../../../core/base/units.ts';

const grainBytes = 512;
const windows = 64;
const grainsPerWindow = WINDOW_BYTES / grainBytes;

/** A chain of one empty link, in one file. */
function emptyChain(): { chain: Chain; extent: Extent } {
  const spanBytes = windows * WINDOW_BYTES;
  const shape = { startBytes: 0, spanBytes, grainBytes, grainCount: spanBytes / grainBytes, originBytes: 0 };
  const readPlaces: Extent['readPlaces'] = (_first, count, target) => {
    target.fill(0, 0, count);
    return 0;
  };
  const extent = { path: 'empty', ...shape, readPlaces } as Partial<Extent> as Extent;
  const chain: Pick<Chain, 'sizeBytes' | 'extentsIn'> = { sizeBytes: spanBytes, extentsIn: () => [extent] };
  return { chain: chain as Chain, extent };
}

it('[W6] tables that grow by what is written keep the bound', () => {
  const { chain, extent } = emptyChain();
  const capacityBytes = 256 * KIB;
  const map = new MergedMap(chain, capacityBytes);
  const built = Array.from({ length: windows }, (_, number) => map.windowAt(number * WINDOW_BYTES));
  const emptyBytes = built[0]?.memoryBytes ?? 0;
  // Every second grain: no two of them are one run.
  for (let number = 0; number < windows; number++) {
    for (let grain = 0; grain < grainsPerWindow; grain += 2) {
      const first = number * grainsPerWindow + grain;
      map.enter(extent, first, 1, 2 + first);
    }
  }
  // What was let go has no tables any more.
  const tableBytes = built.reduce((sum, { memoryBytes }) => sum + memoryBytes - emptyBytes, 0);
  expect(tableBytes).toBeLessThanOrEqual(capacityBytes);
});

import { expect, it } from 'vitest';
import type { Chain } from '../../../../core/disk/chain/chain.ts';
import { MergedMap } from '../../../../core/disk/chain/merged-map.ts';
import { WINDOW_BYTES } from '../../../../core/disk/chain/window-shape.ts';
import type { Extent } from '../../../../core/disk/formats/extent.ts';
import { KIB } from '../../../../core/base/units.ts';

const grainBytes = 512;
const windows = 64;
const grainsPerWindow = WINDOW_BYTES / grainBytes;

/** A chain of one empty link, in one file. `onRead` is told the number of each window whose tables are read. */
function emptyChain(onRead: (number: number) => void = () => undefined): { chain: Chain; extent: Extent } {
  const spanBytes = windows * WINDOW_BYTES;
  const shape = { startBytes: 0, spanBytes, grainBytes, grainCount: spanBytes / grainBytes, originBytes: 0 };
  const readPlaces: Extent['readPlaces'] = (first, count, target) => {
    onRead(first / grainsPerWindow);
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

it('what is looked up again and again stays, whatever else is', () => {
  const reads = new Array<number>(windows).fill(0);
  const { chain } = emptyChain((number) => {
    reads[number] = (reads[number] ?? 0) + 1;
  });
  const map = new MergedMap(chain, 6 * KIB);
  for (let number = 1; number < windows; number++) {
    map.windowAt(0);
    expect(map.windowAt(number * WINDOW_BYTES).startBytes).toBe(number * WINDOW_BYTES);
  }
  // Once it goes too, when the hand has come round and found nothing that was not looked up.
  expect(reads[0]).toBeLessThanOrEqual(2);
  expect(reads.slice(1)).toEqual(new Array<number>(windows - 1).fill(1));
  // The others went as new ones came.
  map.windowAt(WINDOW_BYTES);
  expect(reads[1]).toBe(2);
});

it('tables that could not be read are read when they are asked for again', () => {
  let isReadable = true;
  const { chain, extent } = emptyChain(() => {
    if (!isReadable) throw new Error('gone');
  });
  const map = new MergedMap(chain, 16 * KIB);
  map.windowAt(0);
  map.enter(extent, 3, 2, 777);
  map.drop(0, WINDOW_BYTES);
  isReadable = false;
  for (const offsetBytes of [0, WINDOW_BYTES, 0, WINDOW_BYTES]) expect(() => map.windowAt(offsetBytes)).toThrow('gone');
  // What is not there is not told of what is written; it reads that later.
  map.enter(extent, 3, 2, 777);
  isReadable = true;
  for (const offsetBytes of [0, WINDOW_BYTES]) {
    const window = map.windowAt(offsetBytes);
    expect(window.startBytes).toBe(offsetBytes);
    expect(window.locate(offsetBytes)).toBe(offsetBytes + WINDOW_BYTES);
    expect(window.extent).toBeUndefined();
  }
});

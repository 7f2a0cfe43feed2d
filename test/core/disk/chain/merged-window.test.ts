import { describe, expect, it } from 'vitest';
import { allocatedRuns } from '../../../../core/disk/chain/allocated-runs.ts';
import { planRead } from '../../../../core/disk/chain/plan.ts';
import { readPieces } from '../../../../core/disk/chain/read-pieces.ts';
import { WINDOW_BYTES } from '../../../../core/disk/chain/window-shape.ts';
import { NOWHERE, ZEROS, type Extent } from '../../../../core/disk/formats/extent.ts';
import { windowOver } from '../../../support/window-over.ts';

const grain = 4096;

/** An extent that has the given places and reads, at each address, the byte that `fill` says. */
function extentOf(
  places: readonly number[],
  options: { startBytes?: number; originBytes?: number; fill?: number } = {},
) {
  const { startBytes = 0, originBytes = 0, fill = 0x11 } = options;
  const reads: number[] = [];
  const extent: Partial<Extent> = {
    path: 'fake',
    startBytes,
    spanBytes: places.length * grain,
    grainBytes: grain,
    grainCount: places.length,
    originBytes,
    readPlaces(firstGrain, count, target, positions) {
      let found = 0;
      for (let index = 0; index < count; index++) {
        const place = places[firstGrain + index] ?? NOWHERE;
        target[index] = place;
        if (place === NOWHERE) continue;
        if (positions !== undefined) positions[found] = index;
        found++;
      }
      return found;
    },
    readAt(addressBytes, target) {
      reads.push(addressBytes);
      target.fill(fill);
      return target.length;
    },
  };
  return { extent: extent as Extent, reads };
}

/** The first byte that each grain reads as. */
function readBack(extents: readonly Extent[], grains: number): number[] {
  const window = windowOver(extents, grains * grain);
  return Array.from({ length: grains }, (_, index) => {
    const target = new Uint8Array(grain).fill(0xee);
    readPieces(planRead({ windowAt: () => window }, index * grain, grain), target);
    return target[0] as number;
  });
}

describe('places', () => {
  it('[W6] that say zeros hide what is below, and what has none asks below', () => {
    const leaf = extentOf([8, ZEROS, NOWHERE, ZEROS], { fill: 0x11 });
    const base = extentOf([8, 16, 24, NOWHERE], { fill: 0x22 });
    expect(readBack([leaf.extent, base.extent], 4)).toEqual([0x11, 0, 0x22, 0]);
    expect(base.reads).toEqual([24 * 512]);
  });

  it('[W6] that say zeros are one row with those that nobody has, however many', () => {
    const zeros = extentOf(Array.from({ length: 2048 }, (_, index) => (index % 2 === 0 ? ZEROS : NOWHERE)));
    const window = windowOver([zeros.extent], WINDOW_BYTES);
    expect(window.locate(0)).toBe(WINDOW_BYTES);
    expect(window.extent).toBeUndefined();
    window.enter(zeros.extent, 4, 1, 800);
    expect(window.locate(4 * grain)).toBe(5 * grain);
    expect(window.extent).toBe(zeros.extent);
    expect(window.addressBytes).toBe(800 * 512);
  });

  it('[W6] count from the origin of their extent', () => {
    const flat = extentOf([2, 10, 18], { originBytes: 65536 - 1024 });
    const window = windowOver([flat.extent], 3 * grain);
    const pieces = planRead({ windowAt: () => window }, 512, 2 * grain);
    expect(pieces).toEqual([{ extent: flat.extent, addressBytes: 65536 + 512, lengthBytes: 2 * grain }]);
  });

  it('are refused where there are more extents than can be told apart', () => {
    const { extent } = extentOf([8]);
    const many = new Array<Extent>(65535).fill(extent);
    expect(() => windowOver(many, grain)).toThrow('too many');
    expect(() => windowOver(many.slice(1), grain)).not.toThrow();
  });
});

describe('runs', () => {
  it('[W6] of zeros come first and have no extent', () => {
    const { extent } = extentOf([100, ZEROS, ZEROS, 108, ZEROS], { originBytes: 1024 });
    expect([...allocatedRuns([extent])]).toEqual([
      { offsetBytes: grain, lengthBytes: 2 * grain, extent: undefined, addressBytes: 0 },
      { offsetBytes: 4 * grain, lengthBytes: grain, extent: undefined, addressBytes: 0 },
      { offsetBytes: 0, lengthBytes: grain, extent, addressBytes: 1024 + 100 * 512 },
      { offsetBytes: 3 * grain, lengthBytes: grain, extent, addressBytes: 1024 + 108 * 512 },
    ]);
  });
});

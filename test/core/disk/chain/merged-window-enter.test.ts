import { expect, it } from 'vitest';
import type { MergedWindow } from '../../../../core/disk/chain/merged-window.ts';
import type { Extent } from '../../../../core/disk/formats/extent.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { windowOver } from '../../../support/window-over.ts';

const grain = 4096;
const grains = 512;

function fakeExtent(readPlaces: Extent['readPlaces']): Extent {
  const shape = { startBytes: 0, spanBytes: grains * grain, grainBytes: grain, grainCount: grains, originBytes: 0 };
  const extent: Partial<Extent> = { path: 'fake', ...shape, readPlaces };
  return extent as Extent;
}

/** In each row of 16 grains the base has the first 8, one behind the other. */
function hasBase(index: number): boolean {
  return index % 16 < 8;
}

function newWindow(): { window: MergedWindow; leaf: Extent; base: Extent } {
  const leaf = fakeExtent((_first, count, target) => {
    target.fill(0, 0, count);
    return 0;
  });
  const base = fakeExtent((first, count, target, positions) => {
    let found = 0;
    for (let index = 0; index < count; index++) {
      target[index] = hasBase(first + index) ? 800 + 8 * (first + index) : 0;
      if (target[index] !== 0 && positions !== undefined) positions[found++] = index;
    }
    return found;
  });
  return { window: windowOver([leaf, base], grains * grain), leaf, base };
}

interface Cell {
  readonly extent: Extent | undefined;
  readonly place: number;
}

/** What lookups in the middle of each grain say, as far as it differs from `content`; rows may end early, never late. */
function differences(window: MergedWindow, content: readonly Cell[]): string[] {
  const found: string[] = [];
  for (const [index, { extent, place }] of content.entries()) {
    const end = window.locate(index * grain + 512) / grain;
    const addressBytes = extent === undefined ? 0 : place * 512 + 512;
    if (window.extent !== extent || window.addressBytes !== addressBytes) found.push(`grain ${String(index)}`);
    if (end <= index) found.push(`row at ${String(index)}`);
    for (let next = index + 1; next < end; next++) {
      const isNext = extent === undefined || content[next]?.place === place + 8 * (next - index);
      if (content[next]?.extent !== extent || !isNext) found.push(`row from ${String(index)} to ${String(next)}`);
    }
  }
  return found;
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('[W6] rows entered one after the other read as entered, seed %i', (seed) => {
  const random = new SeededRandom(seed);
  const { window, leaf, base } = newWindow();
  const content = Array.from({ length: grains }, (_, index): Cell =>
    hasBase(index) ? { extent: base, place: 800 + 8 * index } : { extent: undefined, place: 0 },
  );
  // Few entries leave runs, many make it go over to cells; places that go on make runs one.
  for (let turn = 0; turn < 150; turn++) {
    const first = random.below(grains);
    const count = 1 + random.below(random.pick([1, 3, 40]));
    const place = random.pick([8 * first + 100_000, 8 + 8 * random.below(1_000_000)]);
    window.enter(leaf, first, count, place);
    for (let index = first; index < Math.min(grains, first + count); index++)
      content[index] = { extent: leaf, place: place + 8 * (index - first) };
    expect(differences(window, content)).toEqual([]);
  }
});

it('[W6] grains entered here and there do not make a window large', () => {
  const { window, leaf } = newWindow();
  const before = window.memoryBytes;
  for (let index = 0; index < 16; index++) window.enter(leaf, 32 * index + 12, 1, 80_000 + 800 * index);
  expect(window.memoryBytes - before).toBeLessThan(1000);
});

it('[W6] grains that go on one after the other are one run', () => {
  const { window, leaf } = newWindow();
  for (const index of [101, 100, 99, 103, 102]) window.enter(leaf, index, 1, 8 * index);
  expect(window.locate(99 * grain)).toBe(104 * grain);
  expect(window.extent).toBe(leaf);
});

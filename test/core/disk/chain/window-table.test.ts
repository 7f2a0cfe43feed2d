import { expect, it } from 'vitest';
import type { MergedWindow } from '../../../../core/disk/chain/merged-window.ts';
import { WindowTable } from '../../../../core/disk/chain/window-table.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

function numbered(number: number): MergedWindow {
  return { number } as MergedWindow;
}

it.each([1, 63, 64, 65, 1000])(
  '%i windows are found by number and in the order of the disk, and nothing is left of them',
  (windows) => {
    const random = new SeededRandom(windows);
    const table = new WindowTable(windows);
    const expected = new Map<number, MergedWindow>();
    for (let turn = 0; turn < 3000; turn++) {
      const number = random.below(windows);
      const known = expected.get(number);
      expect(table.get(number)).toBe(known);
      if (known === undefined) {
        const window = numbered(number);
        table.add(window);
        expected.set(number, window);
      } else {
        table.remove(known);
        expected.delete(number);
      }
      expect(table.size).toBe(expected.size);
      expect(table.memoryBytes > 0).toBe(expected.size > 0);
      if (expected.size === 0) continue;
      // The number after the last one is asked for too: the disk is a ring.
      const from = random.below(windows + 1);
      const numbers = [...expected.keys()].sort((a, b) => a - b);
      expect(table.nextFrom(from).number).toBe(numbers.find((each) => each >= from) ?? numbers[0]);
    }
    for (const window of expected.values()) table.remove(window);
    expect(table.memoryBytes).toBe(0);
  },
);

import { expect, it } from 'vitest';
import { runLarge } from './run-large.ts';

// The first range has disks past 2^31 sectors. Case 41 fails where a commit takes grain 0 of a log of one-sector
// grains for the one behind grain 2^20 − 1: whoever changes what is drawn looks for another that does.
it.each([
  [1, 6],
  [38, 10],
])(
  '[W1] [C1] [O1] [Z1] large disks read as a model does, from seed %i on',
  { timeout: 120_000 },
  async (seed, count) => {
    const options = { seed, count, untilMs: Date.now() + 60_000, say: () => undefined };
    const { failures } = await runLarge(options);
    expect(failures).toEqual([]);
  },
);

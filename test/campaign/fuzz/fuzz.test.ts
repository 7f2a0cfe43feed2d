import { expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';

/** The short version of `npm run campaign -- --only fuzz`: the same damage each time. */
it('[B1] [B2] [B3] damaged disks and side files end in success or an error with a code', async () => {
  const { done, failures } = await runFuzz({ seed: 1, count: 250, untilMs: Date.now() + 60_000, say: () => undefined });
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(50);
}, 120_000);

import { expect, it } from 'vitest';
import { runKills } from './run-kills.ts';

/** The short version of `npm run campaign -- --only kill`. */
it('[F4] [C4] processes that are killed under load leave what was flushed, and chains that open by themselves', async () => {
  const { done, failures } = await runKills({ seed: 1, count: 6, untilMs: Date.now() + 40_000, say: () => undefined });
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(0);
}, 180_000);

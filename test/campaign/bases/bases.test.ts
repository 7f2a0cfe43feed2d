import { expect, it } from 'vitest';
import { runBases } from './run-bases.ts';

/** The short version of `npm run campaign -- --only bases`. */
it('[S1] random undoable and nonpersistent sessions leave the base as it was, both times included', async () => {
  const { done, failures } = await runBases({ seed: 1, count: 60, untilMs: Date.now() + 60_000, say: () => undefined });
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(20);
}, 120_000);

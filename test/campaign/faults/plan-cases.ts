import { SeededRandom } from '../../support/seeded-random.ts';
import { faultKinds } from './fault-kinds.ts';
import type { FaultCase, FaultRun } from './fault-run.ts';

/** Draws cases for a scenario: every kind of fault equally often, its place and the rest by the seed. */
export function drawCases(run: FaultRun, count: number, seed: number): FaultCase[] {
  const random = new SeededRandom(seed);
  const cases: FaultCase[] = [];
  const possible = faultKinds.filter((kind) => run.placesFor(kind) > 0);
  const offset = random.below(possible.length);
  for (let index = 0; index < count; index++) {
    const kind = possible[(index + offset) % possible.length];
    if (kind !== undefined)
      cases.push({ kind, nth: 1 + random.below(run.placesFor(kind)), seed: random.below(2 ** 31) });
  }
  return cases;
}

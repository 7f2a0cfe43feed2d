import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import { drawCases } from './plan-cases.ts';
import { FaultRun } from './fault-run.ts';
import { scenarios } from './scenarios.ts';

/** The short version of `npm run campaign -- --only faults`: the same cases each time. */
const casesEach = 18;

describe('[F4] [C4] [R3] whatever call of the host fails or never happens', { timeout: 120_000 }, () => {
  let uninstall: () => void;
  beforeAll(() => {
    uninstall = installMemoryHost();
  });
  afterAll(() => {
    uninstall();
  });

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s: what was flushed is there, and every disk of the family opens by itself',
    async (_name, scenario) => {
      const run = await FaultRun.prepare(scenario);
      const failures = [];
      for (const one of drawCases(run, casesEach, 20_260_101)) {
        const failure = await run.meet(one);
        if (failure !== undefined) failures.push(failure);
      }
      expect(failures).toEqual([]);
    },
  );
});

import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';
import { FaultRun, type FaultFailure } from './fault-run.ts';
import { drawCases } from './plan-cases.ts';
import { scenarios } from './scenarios.ts';

/** Faults over all scenarios in turn, until there are enough or the time is over. */
export async function runFaults({ seed, count, untilMs, say }: PartOptions): Promise<PartResult> {
  const uninstall = installMemoryHost();
  const failures: FaultFailure[] = [];
  let cases = 0;
  try {
    const each = Math.ceil(count / scenarios.length);
    for (const [index, scenario] of scenarios.entries()) {
      // Who is fast leaves time to the others.
      const deadline = Date.now() + (untilMs - Date.now()) / (scenarios.length - index);
      const run = await FaultRun.prepare(scenario);
      let done = 0;
      let failed = 0;
      for (const one of drawCases(run, each, seed + index)) {
        if (Date.now() > deadline) break;
        const failure = await run.meet(one);
        done++;
        if (failure === undefined) continue;
        failed++;
        failures.push(failure);
      }
      cases += done;
      say(`  ${scenario.name}: ${String(done)} faults, ${String(failed)} failures`);
    }
  } finally {
    uninstall();
  }
  return {
    done: cases,
    failures: failures.map((one) => JSON.stringify(one)),
    summary: `faults: ${String(cases)} injected, ${String(failures.filter((one) => !one.needsRepair).length)} with wrong bytes, ${String(failures.filter((one) => one.needsRepair).length)} chains that need repair by hand, ${String(failures.filter(isSiblings).length)} siblings changed by a commit that preserves`,
  };
}

function isSiblings({ reason }: FaultFailure): boolean {
  return reason.startsWith('sibling');
}

/**
 * `npm run campaign`: the long runs of what `npm test` runs for a moment. Each part prints its seed, its counts and
 * one line of summary, and a failure with all that it takes to repeat it. Exits with 1 if there was one.
 *
 *   --only model|large|faults|kill|fuzz|bases   one part (may be given several times)
 *   --minutes N                           of each part at most (default 20)
 *   --cases N                             of each part (default: what the proofs ask for)
 *   --seed N                              default: by the clock
 */
import { parseArgs } from 'node:util';
import { runBases } from './bases/run-bases.ts';
import type { PartOptions, PartResult } from './campaign-part.ts';
import { runFaults } from './faults/run-faults.ts';
import { runFuzz } from './fuzz/run-fuzz.ts';
import { runKills } from './kill/run-kills.ts';
import { runLarge } from './large/run-large.ts';
import { runModel } from './model/run-model.ts';

const parts: Record<string, { readonly run: (options: PartOptions) => Promise<PartResult>; readonly count: number }> = {
  model: { run: runModel, count: 3000 },
  large: { run: runLarge, count: 1000 },
  faults: { run: runFaults, count: 12_000 },
  kill: { run: runKills, count: 500 },
  fuzz: { run: runFuzz, count: 20_000 },
  bases: { run: runBases, count: 3000 },
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    minutes: { type: 'string', default: '20' },
    cases: { type: 'string' },
    seed: { type: 'string' },
  },
});
const wanted = values.only ?? Object.keys(parts);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const minutes = Number(values.minutes);
const cases = values.cases === undefined ? undefined : Number(values.cases);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
if (![seed, minutes, cases ?? 1].every((value) => value >= 0) || !wanted.every((name) => name in parts)) {
  say(`usage: campaign [--only ${Object.keys(parts).join('|')}] [--minutes N] [--cases N] [--seed N]`);
  process.exit(64);
}

const summaries: string[] = [];
let failures = 0;
say(`seed ${String(seed)}`);
for (const name of wanted) {
  const part = parts[name] as (typeof parts)[string];
  const startedMs = Date.now();
  say(`${name} …`);
  const result = await part.run({ seed, count: cases ?? part.count, untilMs: startedMs + minutes * 60_000, say });
  for (const failure of result.failures) say(`  FAILED ${failure}`);
  failures += result.failures.length;
  summaries.push(`${result.summary} (${String(Math.round((Date.now() - startedMs) / 1000))} s)`);
}
say('');
for (const summary of summaries) say(summary);
say(failures === 0 ? 'all held' : `${String(failures)} failures; again with --seed ${String(seed)}`);
process.exitCode = failures === 0 ? 0 : 1;

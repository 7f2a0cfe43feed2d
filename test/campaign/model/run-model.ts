import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';
import type { ModelSetup } from './engine-world.ts';
import { operationKinds, runSequence, type ModelOperation } from './run-sequence.ts';

const corpusFile = join(import.meta.dirname, 'corpus.json');

/** A sequence that failed once, shrunk. */
export interface KeptSequence {
  readonly setup: ModelSetup;
  readonly sequence: readonly ModelOperation[];
}

export function readCorpus(): KeptSequence[] {
  return JSON.parse(readFileSync(corpusFile, 'utf8')) as KeptSequence[];
}

/** Every grain that the format allows, in sectors. */
const grainSizes = Array.from({ length: 12 }, (_, power) => 2 ** power);

/** Some have more ranges of the lookup cache than it may keep, or more files than may be open. */
const setups = fc.record({
  seed: fc.nat(2 ** 30),
  base: fc.constantFrom<ModelSetup['base'][]>('hybrid', 'hybrid', 'ws3', 'esx', 'vmware2', 'vmdk', 'raw'),
  grainSectors: fc.constantFrom(undefined, undefined, undefined, ...grainSizes),
  spans: fc.constantFrom(
    [1400],
    [512, 260],
    [512, 260],
    [1024, 1024, 77],
    [128, 256, 128, 384],
    [128, 256, 128, 384],
    [24_576, 12_288, 6001],
  ),
  // Room for two ranges that are not empty, and less.
  mapBytes: fc.constantFrom(undefined, undefined, 1500, 600),
  descriptors: fc.constantFrom(undefined, 8),
});

const sequences = fc.array(
  fc.record({
    // Half of what happens is work.
    kind: fc.constantFrom<ModelOperation['kind'][]>('session', 'session', 'session', 'nest', 'nest', ...operationKinds),
    link: fc.nat(8),
    seed: fc.nat(2 ** 30),
  }),
  { minLength: 3, maxLength: 28, size: 'max' },
);

/** Random sequences against the model; the first that fails is shrunk, and kept in the corpus where `keeps`. */
export async function runModel(options: PartOptions, { keeps = true } = {}): Promise<PartResult> {
  const { seed, count, untilMs } = options;
  const uninstall = installMemoryHost();
  let done = 0;
  try {
    const property = fc.asyncProperty(setups, sequences, async (setup, sequence) => {
      done++;
      await runSequence(setup, sequence);
    });
    const result = await fc.check(property, {
      seed,
      numRuns: count,
      interruptAfterTimeLimit: Math.max(1, untilMs - Date.now()),
      markInterruptAsFailure: false,
    });
    const failures: string[] = [];
    if (result.failed && result.counterexample !== null) {
      const [setup, sequence] = result.counterexample;
      const kept = { setup, sequence } as KeptSequence;
      const { errorInstance } = result;
      const reason =
        errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
      failures.push(`seed ${String(seed)}: ${JSON.stringify(kept)} ${reason}`);
      if (keeps) writeFileSync(corpusFile, `${JSON.stringify([...readCorpus(), kept], undefined, 1)}\n`);
    }
    return {
      done,
      failures,
      summary: `model: ${String(result.numRuns)} sequences of operations, ${failures.length === 0 ? 'every byte as the model has it' : 'one differs'}`,
    };
  } finally {
    uninstall();
  }
}

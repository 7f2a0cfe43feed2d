import { installMemoryHost } from '../../support/memory-host/install-host.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';
import { oneOperation } from './large-operations.ts';
import { LargeWorld, type LargeSetup } from './large-world.ts';

const gibSectors = 2 ** 21;
const kinds = [
  ['hybrid', true],
  ['hybrid', false],
  ['esx', false],
  ['esx', true],
  ['ws3', true],
  ['vmdk', false],
  ['vmdk', true],
  ['raw', false],
] as const satisfies readonly (readonly [LargeSetup['base'], boolean])[];

/**
 * Smallest grains on disks past 512 MiB, where their number passes 2^20, and past 4 GiB; and disks past 2^31 sectors,
 * in grains that leave their tables small enough to be read through.
 */
export function drawSetup(seed: number): LargeSetup {
  const random = new SeededRandom(seed);
  const [base, split] = random.pick(kinds);
  if (random.below(6) === 0) {
    const sectors = random.pick([2 ** 31 - 1, 2 ** 31 + 4096]);
    return {
      seed,
      base: random.pick(['hybrid', 'esx', 'raw']),
      split: false,
      grainSectors: 2048,
      logGrains: [2048],
      sectors,
    };
  }
  const sizes = [1, 2, 2, 3, 4, 4, 9].map((halves) => (halves * gibSectors) / 2);
  const grainSectors = base === 'ws3' ? undefined : random.pick([undefined, 1, 1, 8]);
  return {
    seed,
    base,
    split,
    grainSectors,
    logGrains: [1, 1, 1, 8, undefined],
    sectors: random.pick(sizes) + 1 + random.below(9000),
  };
}

/** One family of large disks under operations around all their borders. Throws at the first difference. */
export async function runLargeCase(seed: number): Promise<void> {
  const random = new SeededRandom(seed ^ 0x5eed);
  const world = new LargeWorld(drawSetup(seed));
  await world.host.run(() => world.makeBase());
  for (let left = 6 + random.below(10); left > 0; left--) await oneOperation(world, random);
  await world.host.run(async () => {
    for (const link of world.links) await world.verify(link);
  });
}

/** Case n of seed s is case 0 of seed s + n. */
export async function runLarge(options: PartOptions): Promise<PartResult> {
  const { seed, count, untilMs } = options;
  const uninstall = installMemoryHost();
  const failures: string[] = [];
  let done = 0;
  try {
    for (; done < count && Date.now() < untilMs && failures.length < 3; done++) {
      const own = (seed + done) % 2 ** 31;
      try {
        await runLargeCase(own);
      } catch (error) {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        failures.push(`--seed ${String(own)} --cases 1: ${JSON.stringify(drawSetup(own))} ${reason}`);
      }
    }
  } finally {
    uninstall();
  }
  const result = failures.length === 0 ? 'every sector as the model has it' : `${String(failures.length)} differ`;
  return { done, failures, summary: `large: ${String(done)} families of large disks, ${result}` };
}

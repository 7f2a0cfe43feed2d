import { SeededRandom } from '../../support/seeded-random.ts';
import { EngineWorld, type ModelSetup } from './engine-world.ts';
import { commit, discard, nest } from './link-operations.ts';
import { nonpersistent, session } from './session-operations.ts';
import { backUp, copy, protect, relink, restore, setClock, shrink } from './upkeep-operations.ts';
import type { ModelLink } from './world.ts';

type Operation = (world: EngineWorld, link: ModelLink, random: SeededRandom) => Promise<void>;

const operations = {
  session,
  nonpersistent,
  nest,
  discard,
  commit,
  shrink,
  protect,
  relink,
  copy,
  'set the clock': setClock,
  'back up': backUp,
  restore,
  verify: (world, link) => world.host.run(() => world.verify(link)),
} satisfies Record<string, Operation>;

/** One operation; what a number means depends on what there is, so that any sequence is a legal one. */
export interface ModelOperation {
  readonly kind: keyof typeof operations;
  readonly link: number;
  readonly seed: number;
}

export const operationKinds = Object.keys(operations) as ModelOperation['kind'][];

/** Carries out a sequence on the engine and on the model beside it. Throws at the first difference. */
export async function runSequence(setup: ModelSetup, sequence: readonly ModelOperation[]): Promise<void> {
  const world = new EngineWorld(setup);
  await world.host.run(() => world.makeBase());
  for (const { kind, link, seed } of sequence) {
    const random = new SeededRandom(seed);
    const picked = world.links[link % world.links.length] as ModelLink;
    const act: Operation = operations[kind];
    await act(world, picked, random);
    world.host.time.advance(random.below(3000));
  }
  await world.host.run(async () => {
    for (const link of world.links) await world.verify(link);
  });
}

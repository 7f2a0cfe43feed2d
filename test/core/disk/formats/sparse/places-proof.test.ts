import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../../core/base/redoubt-error.ts';
import { PlacesProof } from '../../../../../core/disk/formats/sparse/places-proof.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';

const grainSectors = 8;

/** Entries in memory, as an extent shows them. */
function extentOf(entries: Uint32Array): ConstructorParameters<typeof PlacesProof>[0] {
  return {
    grainCount: entries.length,
    grainBytes: grainSectors * 512,
    readPlaces: (first, count, target) => {
      target.set(entries.subarray(first, first + count));
      return count;
    },
  };
}

/** Whether all entries, those freed meanwhile with them, name different sectors. */
function areDisjoint(places: readonly number[]): boolean {
  const sorted = places.filter((place) => place > 1).sort((a, b) => a - b);
  return sorted.every((place, index) => index === 0 || place >= (sorted[index - 1] as number) + grainSectors);
}

describe('[T6] the proof that no two entries name one place', () => {
  it('agrees with a plain comparison of all, while entries are freed and added', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = new SeededRandom(seed);
      const grains = 9000;
      const endSector = 40_000;
      const entries = new Uint32Array(grains);
      const all: number[] = [];
      const step = random.pick([grainSectors, grainSectors, 4, 1]);
      const start = random.pick([8, 12, 9]);
      const count = 1 + random.below(300);
      for (let index = 0; index < count; index++) {
        const grain = random.below(grains);
        // Most disks are in order; now and then two entries overlap.
        const place =
          random.below(count * 2) === 0 ? start + random.below(4000) * step : start + (4000 + index) * grainSectors;
        if (entries[grain] !== 0) continue;
        entries[grain] = place;
        all.push(place);
      }
      const proof = new PlacesProof(extentOf(entries), endSector);
      for (let next = endSector; proof.result === 'unknown';) {
        proof.advance(1 + random.below(5000));
        const grain = random.below(grains);
        if (random.below(2) === 0 && entries[grain] !== 0) {
          const place = entries[grain] as number;
          entries[grain] = 0;
          proof.noteFreed(grain, place);
        } else if (entries[grain] === 0) {
          entries[grain] = next;
          next += grainSectors;
        }
      }
      expect(proof.result, `seed ${String(seed)}`).toBe(areDisjoint(all) ? 'disjoint' : 'shared');
    }
  });

  it('is none where an entry leads nowhere', () => {
    const extent = extentOf(new Uint32Array(10));
    const proof = new PlacesProof(
      {
        ...extent,
        readPlaces: () => {
          throw new RedoubtError('disk.corrupt', 'damaged', { file: 'x', field: 'y', value: 'z', reason: 'w' });
        },
      },
      1000,
    );
    proof.advance(100);
    expect(proof.result).toBe('shared');
  });
});

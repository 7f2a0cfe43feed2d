import { describe, expect, it } from 'vitest';
import { partOf, smallSlabBytes, SlabPool } from '../../../core/nbd/slab-pool.ts';

describe('partOf', () => {
  it('gives the memory that was asked for, also where a part of another length began before', () => {
    const slab = new SlabPool().take(smallSlabBytes);
    slab.bytes.fill(0);
    partOf(slab, 16, 4096).fill(1);
    partOf(slab, 16, 100).fill(2);
    partOf(slab, 116, 10).fill(3);
    const expected = Buffer.alloc(slab.bytes.length);
    expected
      .fill(1, 16, 16 + 4096)
      .fill(2, 16, 116)
      .fill(3, 116, 126);
    expect(slab.bytes.equals(expected)).toBe(true);
  });

  it('gives the same object for the same part, and keeps a bounded number of them', () => {
    const slab = new SlabPool().take(smallSlabBytes);
    const first = partOf(slab, 16, 4096);
    expect(partOf(slab, 16, 4096)).toBe(first);
    for (let from = 0; from < 10_000; from++) partOf(slab, from, 1);
    expect(slab.parts.size).toBeLessThanOrEqual(128);
    expect(partOf(slab, 16, 4096)).toHaveLength(4096);
  });
});

describe('SlabPool', () => {
  it('gives a slab again that was given back, of the size that fits', () => {
    const pool = new SlabPool();
    const large = pool.take(2 * smallSlabBytes);
    pool.giveBack(large);
    expect(pool.take(smallSlabBytes)).not.toBe(large);
    expect(pool.take(2 * smallSlabBytes)).toBe(large);
  });
});

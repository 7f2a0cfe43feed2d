import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableMemory, type TableBlock } from '../../../../core/disk/chain/table-memory.ts';

const pageBytes = 256 * 1024;

/** Marks every word of a block as its own. */
function mark({ page, start, words }: TableBlock, value: number): void {
  page.fill(value, start, start + words);
}

function isMarked({ page, start, words }: TableBlock, value: number): boolean {
  return page.subarray(start, start + words).every((word) => word === value);
}

describe('table memory', () => {
  it('gives blocks that hold what was asked for and never lie in one another', () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 65_536 }));
    // A number up to 0: gives back one of those that are in use.
    const steps = fc.array(fc.oneof(sizes, fc.integer({ min: -1000, max: 0 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (sequence) => {
        const memory = new TableMemory();
        const inUse: { block: TableBlock; value: number }[] = [];
        for (const [value, step] of sequence.entries()) {
          if (step > 0) {
            const block = memory.take(step);
            expect(block.words).toBeGreaterThanOrEqual(step);
            mark(block, value);
            inUse.push({ block, value });
          } else if (inUse.length > 0) {
            const [{ block, value: own }] = inUse.splice(-step % inUse.length, 1) as [(typeof inUse)[number]];
            expect(isMarked(block, own)).toBe(true);
            memory.giveBack(block);
          }
        }
        expect(inUse.every(({ block, value }) => isMarked(block, value))).toBe(true);
        const words = inUse.reduce((sum, { block }) => sum + block.words, 0);
        expect(memory.usedBytes).toBe(words * 4);
        expect(memory.heldBytes).toBeGreaterThanOrEqual(words * 4);
        for (const { block } of inUse) memory.giveBack(block);
        expect(memory.usedBytes).toBe(0);
        expect(memory.heldBytes).toBeLessThanOrEqual(pageBytes);
      }),
      { seed: 20_261_123, numRuns: 200 },
    );
  });

  it('uses what was given back before it asks for more', () => {
    const memory = new TableMemory();
    const blocks = Array.from({ length: 1024 }, () => memory.take(240));
    expect(memory.heldBytes).toBe(4 * pageBytes);
    for (const block of blocks.splice(0, 512)) memory.giveBack(block);
    for (let count = 0; count < 256; count++) blocks.push(memory.take(500));
    expect(memory.heldBytes).toBe(4 * pageBytes);
    expect(memory.usedBytes).toBe(4 * pageBytes);
  });

  it('lets go of pages that nobody uses, but for one', () => {
    const memory = new TableMemory();
    const blocks = Array.from({ length: 8 }, () => memory.take(65_536));
    expect(memory.heldBytes).toBe(8 * pageBytes);
    for (const block of blocks) memory.giveBack(block);
    expect(memory.heldBytes).toBe(pageBytes);
  });
});

import { describe, expect, it } from 'vitest';
import { memoryProblem, memoryStops, nearestStop } from '../../../renderer/components/memory-scale.ts';

describe('the memory scale', () => {
  it('rises to exactly the most there may be', () => {
    expect(memoryStops(300)).toEqual([4, 8, 16, 32, 64, 96, 128, 192, 256, 300]);
    expect(memoryStops(4)).toEqual([4]);
  });

  it('finds the stop beside a size', () => {
    expect(nearestStop([4, 8, 16], 7)).toBe(1);
    expect(nearestStop([4, 8, 16], 9999)).toBe(2);
    expect(nearestStop([4, 8, 16], Number.NaN)).toBe(0);
  });

  it('says what is wrong with a size', () => {
    expect(memoryProblem(64, 1024)).toBeUndefined();
    expect(memoryProblem(2, 1024)).toBe('At least 4 MB is needed.');
    expect(memoryProblem(2048, 1024)).toBe('At most 1,024 MB fits on this computer.');
    expect(memoryProblem(64.5, 1024)).toBe('Enter a number of megabytes.');
  });
});

import { describe, expect, it } from 'vitest';
import { GrainAllocator } from '../../../../core/disk/formats/sparse/grain-allocator.ts';
import {
  dialects,
  entriesPerTable,
  layOutExtent,
  SPLIT_FILE_LIMIT_SECTORS,
} from '../../../../core/disk/formats/cowd/dialect.ts';

describe('the layout of an extent', () => {
  it.each([
    { dialect: dialects.ws3, spanSectors: 4192256, grainSectors: 128, fullBytes: 2146568704 + 123 * 512 },
    { dialect: dialects.hybrid, spanSectors: 4189248, grainSectors: 8, fullBytes: 2146996224 },
    { dialect: dialects.hybrid, spanSectors: 4186112, grainSectors: 8, fullBytes: 2145390592 },
    { dialect: dialects.esx, spanSectors: 4161024, grainSectors: 1, fullBytes: 2147096576 },
  ])(
    'fits a file of 2^31 − 1 bytes: $dialect.name, $spanSectors sectors',
    ({ dialect, spanSectors, grainSectors, fullBytes }) => {
      const layout = layOutExtent({ spanSectors, grainSectors, entriesPerTable: dialect.entriesPerTable });
      expect(layout.fullSectors * 512).toBe(fullBytes);
      expect(layout.fullSectors).toBeLessThanOrEqual(SPLIT_FILE_LIMIT_SECTORS);
    },
  );

  it.each([
    // Both 512 and 4096 fit a small disk; the version and the grain decide.
    { version: 3 as const, capacitySectors: 1000, grainSectors: 16, directoryEntries: 1, entries: 4096 },
    { version: 3 as const, capacitySectors: 1000, grainSectors: 128, directoryEntries: 1, entries: 512 },
    { version: 1 as const, capacitySectors: 100, grainSectors: 1, directoryEntries: 1, entries: 4096 },
    { version: 1 as const, capacitySectors: 100, grainSectors: 32, directoryEntries: 1, entries: 512 },
    { version: 3 as const, capacitySectors: 4192256, grainSectors: 128, directoryEntries: 64, entries: 512 },
    { version: 3 as const, capacitySectors: 4189248, grainSectors: 16, directoryEntries: 64, entries: 4096 },
    { version: 3 as const, capacitySectors: 4189248, grainSectors: 16, directoryEntries: 65, entries: undefined },
  ])(
    'tells the entries a table from the directory: $capacitySectors sectors in grains of $grainSectors',
    ({ entries, ...shape }) => {
      expect(entriesPerTable(shape)).toBe(entries);
    },
  );
});

describe('the allocator', () => {
  const make = (limitSectors: number): GrainAllocator =>
    new GrainAllocator({ path: 'f', grainSectors: 8, lengthSectors: 13, limitSectors });

  it('grows at the end, aligned to a grain, and hands out a place again until it is taken', () => {
    const allocator = make(1000);
    const row = allocator.find(3);
    expect(row).toEqual({ place: 16, grains: 3, isFresh: true });
    allocator.touch(row);
    expect(allocator.find(3)).toEqual({ place: 16, grains: 3, isFresh: false });
    allocator.take(row);
    expect(allocator.endSector).toBe(40);
    expect(allocator.find(1)).toEqual({ place: 40, grains: 1, isFresh: true });
  });

  it('never passes the limit, and then uses what is known to be unused', () => {
    const allocator = make(47);
    const row = allocator.find(9);
    expect(row.grains).toBe(3);
    allocator.take(row);
    expect(allocator.hasRoomAtEnd).toBe(false);
    expect(() => allocator.find(1)).toThrow(/greatest length/);
    expect(() => allocator.findSectors(8)).toThrow(/greatest length/);
    allocator.addFree(24, 2);
    const again = allocator.find(5);
    expect(again).toEqual({ place: 24, grains: 2, isFresh: false });
    allocator.take({ ...again, grains: 1 });
    expect(allocator.find(5)).toEqual({ place: 32, grains: 1, isFresh: false });
  });
});

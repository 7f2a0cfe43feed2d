import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects, FORMAT_LIMIT_SECTORS, type DialectName } from '../../../../core/disk/formats/cowd/dialect.ts';
import {
  baseShape,
  baseSpans,
  fullFileSectors,
  redoShape,
  redoSpans,
  type DiskBus,
} from '../../../../core/disk/create/segmentation.ts';

const splitFileLimitBytes = 2 ** 31 - 1;
const [base, redo] = [baseShape(dialects.hybrid), redoShape(dialects.hybrid)];
const gib = 2 ** 21;
const total = (spans: readonly number[]) => spans.reduce((sum, span) => sum + span, 0);

describe('segmentation', () => {
  it('[G1] four gibibytes are three files', () => {
    expect(baseSpans(4 * gib, { split: true, bus: 'ide' })).toEqual([4_189_248, 4_189_248, 10_112]);
    expect(baseSpans(4 * gib, { split: true, bus: 'scsi' })).toEqual([4_186_112, 4_186_112, 16_384]);
  });

  it('[G1] a full redo log of a full segment has the size worked out by hand', () => {
    expect(fullFileSectors(4_189_248, redo) * 512).toBe(2_146_996_224);
    expect(fullFileSectors(4_186_112, redo) * 512).toBe(2_145_390_592);
  });

  it('[G2] no split file and no redo log over one can pass the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.constantFrom<DiskBus>('ide', 'scsi'),
        (capacity, bus) => {
          const spans = baseSpans(capacity, { split: true, bus }) ?? [];
          expect(total(spans)).toBe(capacity);
          for (const span of spans) expect(fullFileSectors(span, base) * 512).toBeLessThanOrEqual(splitFileLimitBytes);
          const logSpans = redoSpans(spans) ?? [];
          expect(logSpans).toEqual(spans);
          for (const span of logSpans)
            expect(fullFileSectors(span, redo) * 512).toBeLessThanOrEqual(splitFileLimitBytes);
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('[G3] an unsplit disk has an unsplit log, up to what the format counts', () => {
    const big = 2040 * gib;
    expect(baseSpans(big, { split: false, bus: 'ide' })).toEqual([big]);
    expect(redoSpans([big])).toEqual([big]);
    expect(fullFileSectors(big, redo)).toBeLessThanOrEqual(FORMAT_LIMIT_SECTORS);
    expect(baseSpans(2 ** 32 - 1, { split: false, bus: 'ide' })).toBeUndefined();
  });

  it('[G4] a log over foreign spans that do not suit its grain has its own', () => {
    expect(redoSpans([4_192_256, 4_192_256, 4_096])).toEqual([4_189_248, 4_189_248, 10_112]);
    expect(redoSpans([1_001, 999])).toEqual([2_000]);
    expect(redoSpans([1_000, 999])).toEqual([1_000, 999]);
    // One file that just fits as a base but whose log would not: cut.
    expect(redoSpans([4_190_208])).toEqual([4_189_248, 960]);
  });

  it.each<[DialectName, DiskBus, number, number, number]>([
    ['ws3', 'ide', 4_185_216, 18_176, 2_143_027_200],
    ['ws3', 'scsi', 4_190_208, 8_192, 2_145_583_104],
    ['esx', 'ide', 4_161_024, 66_560, 2_147_096_576],
    ['esx', 'scsi', 4_161_536, 65_536, 2_147_358_720],
  ])('[G1] of dialect %s on %s have whole cylinders and grains', (name, bus, full, rest, fileBytes) => {
    const dialect = dialects[name];
    expect(baseSpans(4 * gib, { split: true, bus, dialect })).toEqual([full, full, rest]);
    expect(fullFileSectors(full, baseShape(dialect)) * 512).toBe(fileBytes);
  });

  it('[G3] of dialect vmware2 are never split', () => {
    expect(baseSpans(4 * gib, { split: true, bus: 'ide', dialect: dialects.vmware2 })).toEqual([4 * gib]);
  });

  it('[G2] no dialect and no grain passes the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.constantFrom<DiskBus>('ide', 'scsi'),
        fc.constantFrom<DialectName>('hybrid', 'ws3', 'esx'),
        fc.integer({ min: 0, max: 11 }).map((power) => 2 ** power),
        fc.constantFrom(512, 4096),
        (capacity, bus, name, grainSectors, entriesPerTable) => {
          const dialect = dialects[name];
          const shape = { grainSectors, entriesPerTable };
          const spans = baseSpans(capacity, { split: true, bus, dialect, shape }) ?? [];
          expect(total(spans)).toBe(capacity);
          for (const span of spans) expect(fullFileSectors(span, shape) * 512).toBeLessThanOrEqual(splitFileLimitBytes);
          for (const span of spans.slice(0, -1)) expect(span % grainSectors).toBe(0);
          if (name === 'esx') return;
          const logSpans = redoSpans(spans, dialect, shape) ?? [];
          expect(total(logSpans)).toBe(capacity);
          for (const span of logSpans)
            expect(fullFileSectors(span, shape) * 512).toBeLessThanOrEqual(splitFileLimitBytes);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});

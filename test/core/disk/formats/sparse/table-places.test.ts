import { describe, expect, it } from 'vitest';
import { TablePlaces } from '../../../../../core/disk/formats/sparse/table-places.ts';

const step = 4;

/** Directories of 200 tables, as files have them. */
const directories: readonly (readonly [string, Uint32Array])[] = [
  ['none', new Uint32Array(200)],
  ['a table for every entry, side by side', Uint32Array.from({ length: 200 }, (_, table) => 10 + table * step)],
  [
    'tables side by side, and none behind',
    Uint32Array.from({ length: 200 }, (_, table) => (table < 90 ? 7 + table * step : 0)),
  ],
  ['a hole', Uint32Array.from({ length: 200 }, (_, table) => (table === 5 ? 0 : 10 + table * step))],
  ['none at first', Uint32Array.from({ length: 200 }, (_, table) => (table < 3 ? 0 : 10 + table * step))],
  [
    'one after two that are missing',
    Uint32Array.from({ length: 200 }, (_, table) => (table === 0 || table === 3 ? 10 + table : 0)),
  ],
  ['two in turn', Uint32Array.from({ length: 200 }, (_, table) => 10 + (table ^ 1) * step)],
];

function everyPlace(places: TablePlaces): number[] {
  return Array.from({ length: places.count }, (_, table) => places.at(table));
}

describe.each(directories)('a directory with %s', (_what, entries) => {
  it('is what it was', () => {
    const given = entries.slice();
    const places = TablePlaces.of(given, step);
    // Whoever read it reads the next to the same place.
    given.fill(0xdead);
    expect(everyPlace(places)).toEqual([...entries]);
    expect([...places.slice(128, 256)]).toEqual([...entries.subarray(128)]);
    expect([...places.slice(0, 128)]).toEqual([...entries.subarray(0, 128)]);
  });

  it('takes tables anywhere and keeps the others', () => {
    for (const table of [0, 3, 90, 91, 199]) {
      const places = TablePlaces.of(entries, step);
      places.set(table, 4711);
      expect(everyPlace(places)).toEqual([...entries].map((sector, index) => (index === table ? 4711 : sector)));
    }
  });

  it('tells which of its tables lie side by side', () => {
    const places = TablePlaces.of(entries, step);
    for (const count of [1, 2, 4, 6, 90, 91, 200]) {
      const first = entries[0] as number;
      const are = first !== 0 && entries.subarray(0, count).every((sector, table) => sector === first + table * step);
      expect(places.areSideBySide(count)).toBe(are);
    }
  });

  it('has no entry outside', () => {
    expect(() => TablePlaces.of(entries, step).at(200)).toThrow();
    expect(() => TablePlaces.of(entries, step).at(-1)).toThrow();
  });
});

import { RedoubtError } from '../../../base/redoubt-error.ts';
import { greatestCommonDivisor, SECTOR_BYTES } from '../../../base/units.ts';
import { ZEROS } from '../extent.ts';
import { SlotSet } from './slot-set.ts';

/** What the proof needs of an extent. */
interface Proved {
  readonly grainCount: number;
  readonly grainBytes: number;
  readPlaces(firstGrain: number, count: number, target: Uint32Array): number;
}

const GRAINS_AT_ONCE = 4096;

/**
 * Finds out whether no two entries of a file name the same space: only then is what one of them frees nobody's.
 * This engine never lets two entries name one place, so it is asked once while a file is open; but a file may be
 * damaged, or have been written by another program.
 *
 * Entries are looked at some at a time, while the file is used:
 *
 * | an entry that | is counted |
 * | --- | --- |
 * | is there when its turn comes | then |
 * | was freed before its turn | when it was freed |
 * | came meanwhile | not at all: until this has ended new grains lie behind everything that was there before |
 *
 * Takes a bit a grain, where some are used and some are not (SlotSet).
 */
export class PlacesProof {
  private readonly extent: Proved;
  private readonly grainSectors: number;
  /** What was there before ends here. */
  private readonly endSector: number;
  /** All places so far are multiples of it. */
  private unit: number;
  private used: SlotSet | undefined;
  private nextGrain = 0;
  private answer: 'unknown' | 'disjoint' | 'shared' = 'unknown';

  constructor(extent: Proved, endSector: number) {
    this.extent = extent;
    this.grainSectors = extent.grainBytes / SECTOR_BYTES;
    this.endSector = endSector;
    this.unit = this.grainSectors;
    this.used = this.emptySet();
  }

  /** `shared` also where it can't be found out, because an entry leads nowhere or can't be read. */
  get result(): 'unknown' | 'disjoint' | 'shared' {
    return this.answer;
  }

  /** Looks at that many grains more. Never throws: what can't be read is not proved. */
  advance(grains: number): void {
    const { extent } = this;
    const end = Math.min(extent.grainCount, this.nextGrain + grains);
    const places = new Uint32Array(GRAINS_AT_ONCE);
    try {
      while (this.nextGrain < end && this.answer === 'unknown') {
        const count = Math.min(GRAINS_AT_ONCE, end - this.nextGrain);
        if (extent.readPlaces(this.nextGrain, count, places) > 0)
          for (let index = 0; index < count; index++) this.count(places[index] as number);
        this.nextGrain += count;
      }
    } catch (error) {
      if (!(error instanceof RedoubtError)) throw error;
      this.answer = 'shared';
    }
    if (this.nextGrain === extent.grainCount && this.answer === 'unknown') this.answer = 'disjoint';
    if (this.answer !== 'unknown') this.used = undefined;
  }

  /** To be told of every entry that is cleared. */
  noteFreed(grain: number, place: number): void {
    if (this.answer === 'unknown' && grain >= this.nextGrain) this.count(place);
  }

  private count(place: number): void {
    if (place <= ZEROS || place >= this.endSector || this.used === undefined) return;
    if (place % this.unit !== 0) this.refine(greatestCommonDivisor(this.unit, place));
    const first = place / this.unit;
    for (let slot = first; slot < first + this.grainSectors / this.unit; slot++)
      if (!this.used.add(slot)) this.answer = 'shared';
  }

  private refine(unit: number): void {
    const { used: before, unit: unitBefore } = this;
    this.unit = unit;
    const used = (this.used = this.emptySet());
    const ratio = unitBefore / unit;
    for (let slot = 0; slot < (before?.count ?? 0); slot++) {
      if (before?.has(slot) !== true) continue;
      for (let at = slot * ratio; at < (slot + 1) * ratio; at++) used.add(at);
    }
  }

  /** The last grain may stick out past the end. */
  private emptySet(): SlotSet {
    return new SlotSet(Math.ceil((this.endSector + this.grainSectors) / this.unit));
  }
}

import { RedoubtError } from '../../../base/redoubt-error.ts';
import { greatestCommonDivisor, MIB, SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';
import type { ExtentCompaction } from '../extent.ts';
import type { GrainAllocator } from './grain-allocator.ts';
import type { GrainTables } from './grain-tables.ts';
import { SlotSet } from './slot-set.ts';

/** Data that is moved between two flushes: enough to make them cheap, little enough to be quick to stop. */
const STEP_BYTES = 32 * MIB;
/** Data that is read and written in one call. */
const MOVE_BYTES = 4 * MIB;
const GRAINS_AT_ONCE = 4096;

/** What a compaction works on: the parts of one extent that is open for writing. */
export interface CompactionParts {
  readonly file: DiskFile;
  readonly tables: GrainTables;
  readonly allocator: GrainAllocator;
  readonly grainSectors: number;
  readonly grainCount: number;
  readonly readPlaces: (firstGrain: number, count: number, target: Uint32Array) => number;
}

interface Move {
  readonly grain: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Moves the grains that lie behind where the file could end into free space before that. Tables stay.
 *
 * A step copies some grains and enters their new places in memory; the caller then flushes: data first, entries
 * second. The old places stay as they are until the file is cut, which is after the last flush. So whatever a
 * crash leaves, every entry points to its grain's data.
 *
 * Free space is kept in a bitmap of units: a grain where all are aligned alike, else as much as divides all
 * distances between them. Throws disk.corrupt from the start for files with two grains in one place, of which
 * moving one would lose the other.
 */
export class SparseCompaction implements ExtentCompaction {
  private readonly parts: CompactionParts;
  private readonly unit: number;
  /** Sector of slot 0. */
  private readonly origin: number;
  private readonly used: SlotSet;
  /** Grains that reach past this slot are moved. */
  private readonly endSlot: number;
  readonly totalBytes: number;
  private nextGrain = 0;
  private nextSlot = 0;
  private isFull = false;

  constructor(parts: CompactionParts) {
    this.parts = parts;
    const { tables, allocator, grainSectors } = parts;
    const { unit, origin, grains } = this.measure();
    this.unit = unit;
    this.origin = origin;
    this.used = new SlotSet(Math.max(0, Math.ceil((allocator.endSector - origin) / unit)) + grainSectors / unit);
    let pinnedSlots = 0;
    for (const { sector, sectors } of tables.metadataRows()) {
      for (let slot = Math.max(0, this.slotOf(sector)); slot < this.slotOf(sector + sectors, 'up'); slot++)
        if (this.used.add(slot)) pinnedSlots++;
    }
    const lastPinned = this.used.last();
    this.endSlot = Math.max(lastPinned + 1, pinnedSlots + (grains * grainSectors) / unit);
    this.totalBytes = this.mark() * grainSectors * SECTOR_BYTES;
  }

  /** Copies some grains; the caller flushes before the next call. Returns the bytes that were moved: 0 at the end. */
  step(): number {
    const { grainSectors, tables } = this.parts;
    const moves = this.plan(STEP_BYTES / (grainSectors * SECTOR_BYTES));
    for (let from = 0; from < moves.length;) {
      let count = 1;
      while (continues(moves, from, count, grainSectors)) count++;
      this.copy(moves[from] as Move, count);
      from += count;
    }
    for (const { grain, to } of moves) tables.enter(grain, 1, to);
    return moves.length * grainSectors * SECTOR_BYTES;
  }

  /** Where the file can end now; what lies behind is cut off by a clean close. All steps have ended and been flushed. */
  finish(): boolean {
    const { allocator } = this.parts;
    const before = allocator.endSector;
    const end = Math.min(before, this.origin + (this.used.last() + 1) * this.unit);
    allocator.endAt(end);
    return end < before;
  }

  /** The largest unit that all grains are multiples of from each other, and where the first can lie. */
  private measure(): { unit: number; origin: number; grains: number } {
    const { grainSectors, tables } = this.parts;
    let unit = grainSectors;
    let first: number | undefined;
    let grains = 0;
    this.walk((_grain, place) => {
      first ??= place;
      if ((place - first) % unit !== 0) unit = greatestCommonDivisor(unit, Math.abs(place - first));
      grains++;
    });
    const lowest = tables.firstDataSector();
    const residue = (first ?? 0) % unit;
    const origin = Math.ceil((lowest - residue) / unit) * unit + residue;
    return { unit, origin, grains };
  }

  /** Marks every grain's place; returns how many are to be moved. */
  private mark(): number {
    const { grainSectors, file } = this.parts;
    let count = 0;
    this.walk((grain, place) => {
      const slot = this.slotOf(place);
      const end = slot + grainSectors / this.unit;
      for (let at = slot; at < end; at++) {
        // The last grain may stick out past the file's end.
        if (at >= this.used.count || this.used.add(at)) continue;
        throw new RedoubtError(
          'disk.corrupt',
          `${file.path} is damaged: another grain lies where grain ${String(grain)} does; check it first.`,
          {
            file: file.path,
            field: `grain ${String(grain)}`,
            value: String(place),
            reason: 'another grain lies there',
          },
        );
      }
      if (end > this.endSlot) count++;
    });
    return count;
  }

  private plan(limit: number): Move[] {
    const { grainSectors, grainCount, readPlaces } = this.parts;
    const moves: Move[] = [];
    const places = new Uint32Array(GRAINS_AT_ONCE);
    while (this.nextGrain < grainCount && moves.length < limit && !this.isFull) {
      const count = Math.min(GRAINS_AT_ONCE, grainCount - this.nextGrain);
      if (readPlaces(this.nextGrain, count, places) === 0) {
        this.nextGrain += count;
        continue;
      }
      let index = 0;
      for (; index < count && moves.length < limit; index++) {
        const from = places[index] as number;
        if (from < 2 || this.slotOf(from) + grainSectors / this.unit <= this.endSlot) continue;
        const to = this.takeFree();
        if (to === undefined) break;
        moves.push({ grain: this.nextGrain + index, from, to });
      }
      this.nextGrain += index;
    }
    // The old places are free when this step is flushed, which is before anybody asks where the file ends.
    for (const { from } of moves)
      for (let slot = this.slotOf(from); slot < this.slotOf(from) + grainSectors / this.unit; slot++)
        if (slot < this.used.count) this.used.delete(slot);
    return moves;
  }

  /** The sector of the first free place for a grain before the end, taken; `undefined` if there is none. */
  private takeFree(): number | undefined {
    const slots = this.parts.grainSectors / this.unit;
    for (let slot = this.used.nextFree(this.nextSlot); slot + slots <= this.endSlot; slot = this.used.nextFree(slot)) {
      let length = 1;
      while (length < slots && !this.used.has(slot + length)) length++;
      if (length === slots) {
        for (let at = slot; at < slot + slots; at++) this.used.add(at);
        this.nextSlot = slot + slots;
        return this.origin + slot * this.unit;
      }
      slot += length;
    }
    this.isFull = true;
    return undefined;
  }

  /** Copies grains that lie one behind the other, there as here. */
  private copy({ from, to }: Move, count: number): void {
    const { file, grainSectors } = this.parts;
    const totalBytes = count * grainSectors * SECTOR_BYTES;
    const buffer = new Uint8Array(Math.min(totalBytes, MOVE_BYTES));
    for (let at = 0; at < totalBytes; at += MOVE_BYTES) {
      const bytes = buffer.subarray(0, Math.min(MOVE_BYTES, totalBytes - at));
      bytes.fill(0, file.read(from * SECTOR_BYTES + at, bytes));
      file.write(to * SECTOR_BYTES + at, [bytes]);
    }
  }

  private walk(visit: (grain: number, place: number) => void): void {
    const { grainCount, readPlaces } = this.parts;
    const places = new Uint32Array(GRAINS_AT_ONCE);
    for (let grain = 0; grain < grainCount; grain += GRAINS_AT_ONCE) {
      const count = Math.min(GRAINS_AT_ONCE, grainCount - grain);
      if (readPlaces(grain, count, places) === 0) continue;
      for (let index = 0; index < count; index++)
        if ((places[index] as number) > 1) visit(grain + index, places[index] as number);
    }
  }

  private slotOf(sector: number, round: 'down' | 'up' = 'down'): number {
    const slot = (sector - this.origin) / this.unit;
    return round === 'down' ? Math.floor(slot) : Math.ceil(slot);
  }
}

function continues(moves: readonly Move[], from: number, count: number, grainSectors: number): boolean {
  const first = moves[from] as Move;
  const next = moves[from + count];
  return (
    next !== undefined && next.from === first.from + count * grainSectors && next.to === first.to + count * grainSectors
  );
}

import { MIB } from '../../base/units.ts';
import type { Extent } from '../formats/extent.ts';
import type { Chain } from './chain.ts';
import { MergedWindow, WINDOW_BYTES } from './merged-window.ts';
import { TableMemory } from './table-memory.ts';

/** The bound is 64 MiB. The rest of it is for pages that are not full, and for windows that wait for a collection. */
const CAPACITY_BYTES = 48 * MIB;

/**
 * The merged tables of a chain, built window by window on first touch and kept within 64 MiB. What to drop
 * is chosen by second chance, so that a hit costs one flag and no reordering.
 */
export class MergedMap {
  private readonly chain: Chain;
  private readonly capacityBytes: number;
  private readonly windows = new Map<number, MergedWindow>();
  private readonly tables = new TableMemory();
  private memoryBytes = 0;
  private last: MergedWindow | undefined;

  constructor(chain: Chain, capacityBytes = CAPACITY_BYTES) {
    this.chain = chain;
    this.capacityBytes = capacityBytes;
  }

  /** The window that holds an offset of the disk. Throws disk.corrupt, disk.io. */
  windowAt(offsetBytes: number): MergedWindow {
    const { last } = this;
    if (last !== undefined && offsetBytes >= last.startBytes && offsetBytes < last.endBytes) return last;
    const number = Math.floor(offsetBytes / WINDOW_BYTES);
    const window = this.windows.get(number) ?? this.build(number);
    window.wasUsed = true;
    this.last = window;
    return window;
  }

  /** Grains of the leaf were allocated: tables that exist follow, others will read it when they are built. */
  enter(extent: Extent, firstGrain: number, count: number, place: number): void {
    const startBytes = extent.startBytes + firstGrain * extent.grainBytes;
    const endBytes = startBytes + count * extent.grainBytes;
    for (let number = Math.floor(startBytes / WINDOW_BYTES); number * WINDOW_BYTES < endBytes; number++) {
      const window = this.windows.get(number);
      if (window === undefined || !window.has(extent)) continue;
      const before = window.memoryBytes;
      window.enter(extent, firstGrain, count, place);
      this.memoryBytes += window.memoryBytes - before;
    }
    // Tables grow by what is written, also where no window is new.
    this.makeRoom();
  }

  /** Grains of the leaf were freed: what is known of that range of the disk is forgotten. */
  drop(startBytes: number, endBytes: number): void {
    this.last = undefined;
    for (let number = Math.floor(startBytes / WINDOW_BYTES); number * WINDOW_BYTES < endBytes; number++) {
      const window = this.windows.get(number);
      if (window === undefined) continue;
      this.windows.delete(number);
      this.letGo(window);
    }
  }

  private build(number: number): MergedWindow {
    const startBytes = number * WINDOW_BYTES;
    const endBytes = Math.min(startBytes + WINDOW_BYTES, this.chain.sizeBytes);
    const window = new MergedWindow(startBytes, endBytes, this.chain.extentsIn(startBytes, endBytes), this.tables);
    this.memoryBytes += window.memoryBytes;
    this.makeRoom();
    this.windows.set(number, window);
    return window;
  }

  private makeRoom(): void {
    for (const [number, window] of this.windows) {
      if (this.memoryBytes <= this.capacityBytes) return;
      this.windows.delete(number);
      if (window.wasUsed) {
        // It was looked up since the hand came by: to the end of the row, without the flag.
        window.wasUsed = false;
        this.windows.set(number, window);
      } else {
        this.letGo(window);
      }
    }
  }

  private letGo(window: MergedWindow): void {
    this.memoryBytes -= window.memoryBytes;
    if (window === this.last) this.last = undefined;
    window.release();
  }
}

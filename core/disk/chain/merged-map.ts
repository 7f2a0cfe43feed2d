import { MIB } from '../../base/units.ts';
import type { Extent } from '../formats/extent.ts';
import type { Chain } from './chain.ts';
import { MergedWindow } from './merged-window.ts';
import { TableMemory } from './table-memory.ts';
import { WINDOW_BYTES, WindowShape } from './window-shape.ts';
import { WindowTable } from './window-table.ts';

/**
 * Room for the tables of 256 GiB whose grains lie in no order at all, in units of 64 KiB: 32,768 windows of 1 KiB and
 * what each takes beside. The bound is 64 MiB; what is between is for pages that are not full.
 */
const CAPACITY_BYTES = 44 * MIB;

/**
 * The merged tables of a chain, built window by window on first touch and kept within 64 MiB. What to drop
 * is chosen by second chance: a hand goes round the windows, and takes the first that was not looked up since it came
 * by. A hit costs one flag and no reordering, and the object that is dropped becomes the next window.
 */
export class MergedMap {
  private readonly chain: Chain;
  private readonly capacityBytes: number;
  private readonly windows: WindowTable;
  /** Number of the window that the hand comes to next, if it is there. */
  private hand = 0;
  /** The last that was dropped, for the next that is built. */
  private spare: MergedWindow | undefined;
  /** Shapes by their first extent: windows in between two files are few. */
  private readonly shapes = new Map<Extent | undefined, WindowShape>();
  private readonly tables = new TableMemory();
  private memoryBytes = 0;
  private last: MergedWindow | undefined;

  constructor(chain: Chain, capacityBytes = CAPACITY_BYTES) {
    this.chain = chain;
    this.capacityBytes = capacityBytes;
    this.windows = new WindowTable(Math.ceil(chain.sizeBytes / WINDOW_BYTES));
  }

  /**
   * The window that holds an offset of the disk; to be asked before the next one is, which may be made of it.
   * Throws disk.corrupt, disk.io.
   */
  windowAt(offsetBytes: number): MergedWindow {
    const number = Math.floor(offsetBytes / WINDOW_BYTES);
    const { last } = this;
    if (last?.number === number) return last;
    let window = this.windows.get(number);
    if (window === undefined) window = this.build(number);
    else if (!window.isFilled) this.fillAgain(window);
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
      if (window?.isFilled !== true || !window.has(extent)) continue;
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
      if (window?.isFilled !== true) continue;
      // It keeps its place, which only the hand would find, and is filled again when it is asked for.
      const before = window.memoryBytes;
      window.release();
      this.memoryBytes += window.memoryBytes - before;
    }
  }

  private build(number: number): MergedWindow {
    const shape = this.shapeOf(number);
    const window = this.spare ?? new MergedWindow(shape);
    // Not the spare any more only when it is full: what can't be read may be asked for again and again.
    this.spare = window;
    this.fill(window, shape, number);
    this.spare = undefined;
    this.makeRoom();
    this.windows.add(window);
    return window;
  }

  private fillAgain(window: MergedWindow): void {
    const before = window.memoryBytes;
    this.fill(window, this.shapeOf(window.number), window.number);
    this.memoryBytes -= before;
    this.makeRoom(window);
  }

  private fill(window: MergedWindow, shape: WindowShape, number: number): void {
    if (this.last === window) this.last = undefined;
    window.fill(shape, number);
    this.memoryBytes += window.memoryBytes;
  }

  private shapeOf(number: number): WindowShape {
    const startBytes = number * WINDOW_BYTES;
    const { sizeBytes } = this.chain;
    const extents = this.chain.extentsIn(startBytes, Math.min(startBytes + WINDOW_BYTES, sizeBytes));
    const known = this.shapes.get(extents[0]);
    const shape = WindowShape.of(startBytes, extents, sizeBytes, this.tables, known);
    if (shape !== known) this.shapes.set(extents[0], shape);
    return shape;
  }

  /** Drops windows, but never `kept`, until the rest is within the bound. */
  private makeRoom(kept?: MergedWindow): void {
    const { windows } = this;
    const fewest = kept === undefined ? 0 : 1;
    while (this.memoryBytes + windows.memoryBytes > this.capacityBytes && windows.size > fewest) {
      const window = windows.nextFrom(this.hand);
      this.hand = window.number + 1;
      // What was looked up since the hand came by stays for another round.
      if (window === kept || (window.wasUsed && window.isFilled)) window.wasUsed = false;
      else this.letGo(window);
    }
  }

  private letGo(window: MergedWindow): void {
    this.windows.remove(window);
    this.memoryBytes -= window.memoryBytes;
    if (window === this.last) this.last = undefined;
    window.release();
    this.spare = window;
  }
}

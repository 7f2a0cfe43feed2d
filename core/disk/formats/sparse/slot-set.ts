import { assert } from '../../../base/assert.ts';

const PAGE_SHIFT = 15;
const PAGE_SLOTS = 1 << PAGE_SHIFT;
const PAGE_BYTES = PAGE_SLOTS / 8;

/** Shared by all pages in which every slot is set; never written. */
const fullPage = new Uint8Array(PAGE_BYTES).fill(0xff);

/**
 * A set of slots [0, count) of a file, one bit each. Pages of 4 KiB exist only where some slots are set and
 * some are not, so that a file that is in order takes next to nothing, and one in any disorder count / 8 bytes.
 */
export class SlotSet {
  readonly count: number;
  private readonly pages: (Uint8Array | undefined)[] = [];
  private readonly counts: Uint16Array;

  constructor(count: number) {
    this.count = count;
    this.counts = new Uint16Array(Math.ceil(count / PAGE_SLOTS));
  }

  has(slot: number): boolean {
    const page = this.pages[slot >>> PAGE_SHIFT];
    return page !== undefined && ((page[(slot & (PAGE_SLOTS - 1)) >>> 3] as number) & (1 << (slot & 7))) !== 0;
  }

  /** Returns false if it was there already. */
  add(slot: number): boolean {
    assert(slot >= 0 && slot < this.count, 'a slot of the file');
    const index = slot >>> PAGE_SHIFT;
    const page = (this.pages[index] ??= new Uint8Array(PAGE_BYTES));
    const at = (slot & (PAGE_SLOTS - 1)) >>> 3;
    const bit = 1 << (slot & 7);
    const byte = page[at] as number;
    if ((byte & bit) !== 0) return false;
    page[at] = byte | bit;
    const set = (this.counts[index] as number) + 1;
    this.counts[index] = set;
    if (set === PAGE_SLOTS) this.pages[index] = fullPage;
    return true;
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    const index = slot >>> PAGE_SHIFT;
    let page = this.pages[index] as Uint8Array;
    if (page === fullPage) page = this.pages[index] = fullPage.slice();
    const at = (slot & (PAGE_SLOTS - 1)) >>> 3;
    page[at] = (page[at] as number) & ~(1 << (slot & 7));
    const set = (this.counts[index] as number) - 1;
    this.counts[index] = set;
    if (set === 0) this.pages[index] = undefined;
  }

  /** The first slot from `from` on that is not set; `count` if there is none. */
  nextFree(from: number): number {
    let slot = from;
    while (slot < this.count) {
      const page = this.pages[slot >>> PAGE_SHIFT];
      if (page === undefined) return slot;
      if (page === fullPage) {
        // Not by a shift, which ends at 2^31.
        slot = ((slot >>> PAGE_SHIFT) + 1) * PAGE_SLOTS;
        continue;
      }
      if (!this.has(slot)) return slot;
      slot++;
    }
    return this.count;
  }

  /** The last slot that is set, or −1. */
  last(): number {
    for (let index = this.counts.length - 1; index >= 0; index--) {
      if (this.counts[index] === 0) continue;
      for (let slot = Math.min(this.count, (index + 1) * PAGE_SLOTS) - 1; ; slot--) if (this.has(slot)) return slot;
    }
    return -1;
  }
}

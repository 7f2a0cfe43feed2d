import { assert } from '../../base/assert.ts';

/** A power of two of words, its own until it is given back. What it holds at first is anything. */
export interface TableBlock {
  readonly page: Uint32Array;
  /** Its first word in the page. */
  readonly start: number;
  readonly words: number;
}

/** What is asked for from the system at once; no block is larger. 256 KiB. */
const PAGE_WORDS = 65_536;
const LEAST_WORDS = 16;
const ORDERS = Math.log2(PAGE_WORDS / LEAST_WORDS) + 1;
/** In `states`: nothing begins here, or it is in use; else 1 + the order of the free block that begins here. */
const NOT_FREE = 0;
/** In a free block: no further one. */
const NONE = 0xffff_ffff;

interface Page {
  readonly words: Uint32Array;
  /** Of every place where a least block can begin. */
  readonly states: Uint8Array;
}

/**
 * Memory for very many small tables. A typed array each would cost more than most of them hold, and leave to the
 * collector what they held; here it is used again at once, and pages that nobody uses are let go.
 *
 * Blocks are halves of halves of a page (buddies): one that is given back joins its other half if that is
 * free too. Free blocks of one size are a list in both directions, kept in their own first two words as addresses,
 * which are the page's number × PAGE_WORDS + the first word.
 */
export class TableMemory {
  /** Bytes in blocks that are in use. */
  usedBytes = 0;
  private readonly pages: (Page | undefined)[] = [];
  private readonly numbers = new Map<Uint32Array, number>();
  private readonly heads = new Uint32Array(ORDERS).fill(NONE);

  /** Bytes that were asked for from the system. */
  get heldBytes(): number {
    return this.numbers.size * PAGE_WORDS * 4;
  }

  /** A block of at least so many words, at most 65,536. */
  take(words: number): TableBlock {
    assert(words > 0 && words <= PAGE_WORDS, 'a table that fits in a page');
    const wanted = orderOf(words);
    let order = wanted;
    while (order < ORDERS && this.heads[order] === NONE) order++;
    if (order === ORDERS) {
      order = ORDERS - 1;
      this.addPage();
    }
    const address = this.heads[order] as number;
    this.unlink(address, order);
    // The second half of what is too large is free again.
    while (order > wanted) {
      order--;
      this.link(address + wordsOf(order), order);
    }
    this.usedBytes += wordsOf(wanted) * 4;
    return { page: this.pageOf(address).words, start: address % PAGE_WORDS, words: wordsOf(wanted) };
  }

  /** Nobody uses a block any more that `take` gave. */
  giveBack({ page, start, words }: TableBlock): void {
    const number = this.numbers.get(page);
    assert(number !== undefined, 'a block of this memory');
    const { states } = this.pages[number] as Page;
    this.usedBytes -= words * 4;
    let order = orderOf(words);
    let at = start;
    for (; order < ORDERS - 1; order++) {
      const buddy = at ^ wordsOf(order);
      if (states[buddy / LEAST_WORDS] !== order + 1) break;
      this.unlink(number * PAGE_WORDS + buddy, order);
      at = Math.min(at, buddy);
    }
    if (order === ORDERS - 1 && this.heads[order] !== NONE) {
      // One whole page is kept for what comes next.
      this.numbers.delete(page);
      this.pages[number] = undefined;
      return;
    }
    this.link(number * PAGE_WORDS + at, order);
  }

  private addPage(): void {
    let number = this.pages.indexOf(undefined);
    if (number < 0) number = this.pages.length;
    const page = { words: new Uint32Array(PAGE_WORDS), states: new Uint8Array(PAGE_WORDS / LEAST_WORDS) };
    this.pages[number] = page;
    this.numbers.set(page.words, number);
    this.link(number * PAGE_WORDS, ORDERS - 1);
  }

  private pageOf(address: number): Page {
    return this.pages[Math.floor(address / PAGE_WORDS)] as Page;
  }

  private link(address: number, order: number): void {
    const next = this.heads[order] as number;
    this.setLinks(address, next, NONE);
    if (next !== NONE) this.setPrevious(next, address);
    this.heads[order] = address;
    this.pageOf(address).states[(address % PAGE_WORDS) / LEAST_WORDS] = order + 1;
  }

  private unlink(address: number, order: number): void {
    const { words, states } = this.pageOf(address);
    const start = address % PAGE_WORDS;
    const next = words[start] as number;
    const previous = words[start + 1] as number;
    if (next !== NONE) this.setPrevious(next, previous);
    if (previous === NONE) this.heads[order] = next;
    else this.pageOf(previous).words[previous % PAGE_WORDS] = next;
    states[start / LEAST_WORDS] = NOT_FREE;
  }

  private setLinks(address: number, next: number, previous: number): void {
    const { words } = this.pageOf(address);
    words[address % PAGE_WORDS] = next;
    words[(address % PAGE_WORDS) + 1] = previous;
  }

  private setPrevious(address: number, previous: number): void {
    this.pageOf(address).words[(address % PAGE_WORDS) + 1] = previous;
  }
}

function wordsOf(order: number): number {
  return LEAST_WORDS << order;
}

/** The order of the smallest block that holds so many words. */
function orderOf(words: number): number {
  return Math.max(0, 32 - Math.clz32(Math.ceil(words / LEAST_WORDS) - 1));
}

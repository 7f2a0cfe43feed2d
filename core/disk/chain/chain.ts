import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Extent } from '../formats/extent.ts';
import type { Link } from './link.ts';

/**
 * Links from the leaf down to the base, all of one capacity. Only the leaf may be written. The chain owns
 * its links: `close` closes them.
 */
export class Chain {
  /** Leaf first. */
  readonly links: readonly Link[];
  readonly sizeBytes: number;
  private lastFound: readonly Extent[] = [];

  /** Throws disk.capacity-mismatch. That each link is the parent of the one above is the caller's to prove. */
  constructor(links: readonly Link[]) {
    const [leaf] = links;
    assert(leaf !== undefined, 'a chain has a leaf');
    for (const [index, link] of links.entries()) {
      if (link.capacityBytes === leaf.capacityBytes) continue;
      const child = links[index - 1] ?? leaf;
      throw new RedoubtError('disk.capacity-mismatch', `${child.path} and its parent ${link.path} differ in size.`, {
        file: child.path,
        parent: link.path,
        capacityBytes: child.capacityBytes,
        parentCapacityBytes: link.capacityBytes,
      });
    }
    assert(
      links.slice(1).every((link) => !link.isWritable),
      'only the leaf is written',
    );
    this.links = links;
    this.sizeBytes = leaf.capacityBytes;
  }

  get leaf(): Link {
    return this.links[0] as Link;
  }

  /** The extents of all links that lie in [startBytes, endBytes) of the disk, leaf first. */
  extentsIn(startBytes: number, endBytes: number): readonly Extent[] {
    // Most of the disk has the same extents one over the other; whoever keeps the row need not keep it twice.
    const { lastFound } = this;
    let found: Extent[] | undefined;
    let count = 0;
    for (const { extents } of this.links) {
      for (let index = firstEndingAfter(extents, startBytes); index < extents.length; index++) {
        const extent = extents[index] as Extent;
        if (extent.startBytes >= endBytes) break;
        if (found === undefined && lastFound[count] !== extent) found = lastFound.slice(0, count);
        found?.push(extent);
        count++;
      }
    }
    if (found === undefined) {
      if (count === lastFound.length) return lastFound;
      found = lastFound.slice(0, count);
    }
    this.lastFound = found;
    return found;
  }

  /** The leaf's extent that covers a byte of the disk. */
  leafExtentAt(offsetBytes: number): Extent {
    const { extents } = this.leaf;
    const extent = extents[firstEndingAfter(extents, offsetBytes)];
    assert(extent !== undefined, 'an offset inside the disk');
    return extent;
  }
}

/** Index of the first extent, in the disk's order, that ends after an offset. */
function firstEndingAfter(extents: readonly Extent[], offsetBytes: number): number {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const extent = extents[middle] as Extent;
    if (extent.startBytes + extent.spanBytes > offsetBytes) high = middle;
    else low = middle + 1;
  }
  return low;
}

import { closeSync, openSync, readSync } from 'node:fs';
import { MIB } from '../../core/base/units.ts';

const block = Buffer.allocUnsafe(4 * MIB);

/**
 * Reads files from end to end, so that they lie in the page cache when a measurement begins. Once at the
 * start is not enough: hosts with proactive reclaim take back what was not used for some seconds, and a
 * row that says "page cache hot" would measure the device.
 */
export function warmCache(files: readonly string[]): void {
  for (const file of files) {
    const descriptor = openSync(file, 'r');
    try {
      while (readSync(descriptor, block, 0, block.length, null) > 0);
    } finally {
      closeSync(descriptor);
    }
  }
}

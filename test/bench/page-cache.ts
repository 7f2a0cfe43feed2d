import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
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

/**
 * Lets the page cache forget files, so that a row measures the device. Where the whole cache may be dropped
 * (root on Linux) that is done, because dentries and metadata go too; else file by file, by advice.
 */
export function dropCache(files: readonly string[]): void {
  execFileSync('sync', ['-f', ...files.slice(0, 1)]);
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch {
    for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
}

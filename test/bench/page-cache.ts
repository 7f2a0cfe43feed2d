import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { MIB } from '../../core/base/units.ts';

const block = Buffer.allocUnsafe(4 * MIB);

/** Reads files from end to end, so that they lie in the page cache for a while. */
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
 * Keeps files in the page cache while `act` runs, by locking them in memory (vmtouch). Reading them before is not
 * enough: kernels with proactive reclaim take back what was not mapped within seconds, and a row that says "page
 * cache hot" would measure the device, one contender more than the other. Where they cannot be locked, they are read.
 */
export async function whileCached<T>(files: readonly string[], act: () => Promise<T>): Promise<T> {
  warmCache(files);
  const holder = spawn('stdbuf', ['-oL', 'vmtouch', '-l', ...files], { stdio: ['ignore', 'pipe', 'ignore'] });
  const end = () => {
    holder.kill();
  };
  process.once('exit', end);
  try {
    // It says so when all of them are locked; it ends, or does not begin, where it is not allowed to or not there.
    await new Promise<void>((resolve) => {
      holder.stdout.once('data', () => {
        resolve();
      });
      for (const event of ['error', 'exit']) {
        holder.once(event, () => {
          sayOnce('note: files cannot be locked in the page cache (vmtouch); rates of hot rows may wander');
          resolve();
        });
      }
    });
    return await act();
  } finally {
    process.removeListener('exit', end);
    holder.removeAllListeners('exit');
    end();
  }
}

let isSaid = false;

function sayOnce(text: string): void {
  if (!isSaid) process.stderr.write(`${text}\n`);
  isSaid = true;
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

import { describe, expect, it } from 'vitest';
import { copyDisk } from '../../../core/disk/copy.ts';
import { mib } from '../../support/disk-kit.ts';
import { MemoryDevice } from '../../support/memory-device.ts';

describe('a copy of a disk', () => {
  it.each([false, true])('[V1] has every byte, and nothing of it was written for zeros (slow: %s)', async (isSlow) => {
    const source = new MemoryDevice(5 * mib + 512, { isSlow });
    const target = new MemoryDevice(6 * mib, { isSlow });
    source.bytes.fill(1, 10_000, 10_001);
    source.bytes.fill(2, 2 * mib - 100, 2 * mib + 5000);
    source.bytes.fill(3, 5 * mib, 5 * mib + 512);
    const progress: number[] = [];
    const written = await copyDisk(source, target, { onProgress: (done) => progress.push(done) });
    expect(target.bytes.subarray(0, source.sizeBytes).equals(source.bytes)).toBe(true);
    expect(target.log).toEqual([
      'write 8192+4096',
      `write ${String(2 * mib - 4096)}+12288`,
      `write ${String(5 * mib)}+512`,
      'flush',
    ]);
    expect(written).toBe(4096 + 4096 + 8192 + 512);
    expect(progress.at(-1)).toBe(5 * mib + 512);
    // What nobody has written is not read either.
    expect(source.log.filter((entry) => entry.startsWith('read'))).toHaveLength(3);
  });

  it('[V2] stops when it is told to', async () => {
    const abort = new AbortController();
    const source = new MemoryDevice(8 * mib);
    source.bytes.fill(1);
    const copying = copyDisk(source, new MemoryDevice(8 * mib), {
      signal: abort.signal,
      onProgress: () => {
        abort.abort();
      },
    });
    await expect(copying).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(source.log.filter((entry) => entry.startsWith('read'))).toHaveLength(1);
  });
});

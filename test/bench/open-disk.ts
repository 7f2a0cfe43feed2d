import { openDiskSession } from '../../core/disk/session/session.ts';

/** What one opening took, from the call to the end of the first read and write. */
export interface OpeningReport {
  readonly milliseconds: number;
  /** Resident memory more than before. */
  readonly memoryMib: number;
}

/**
 * Opens a disk once, for writing. Arguments: its leaf, and `open` (prints an OpeningReport, closes clean) or
 * `write-and-die` (writes, then dies as by a power cut of the process: the leaf stays unclean).
 */
async function main(): Promise<void> {
  const [file, step] = process.argv.slice(2);
  if (file === undefined) throw new Error('usage: open-disk LEAF open|write-and-die');
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const session = await openDiskSession({ file, mode: 'persistent' });
  const { device } = session;
  await device.read(device.sizeBytes / 2, new Uint8Array(4096));
  await device.write(device.sizeBytes / 2, [new Uint8Array(4096).fill(1)]);
  const milliseconds = performance.now() - start;
  if (step === 'write-and-die') {
    await device.flush();
    process.kill(process.pid, 'SIGKILL');
  }
  const memoryMib = (process.memoryUsage().rss - before) / 2 ** 20;
  await session.close();
  process.stdout.write(`${JSON.stringify({ milliseconds, memoryMib } satisfies OpeningReport)}\n`);
}

void main();

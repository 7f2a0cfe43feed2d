import type { AllocationRun, BlockDevice } from '../../core/disk/block-device.ts';

const blockBytes = 4096;
const zeroBlock = Buffer.alloc(blockBytes);

export interface MemoryDeviceOptions {
  isWritable?: boolean;
  /** Finish later: every request ends after a turn of the event loop, as remote data does. */
  isSlow?: boolean;
}

/** A disk in memory that remembers what was asked of it, for tests of whatever stands on a block device. */
export class MemoryDevice implements BlockDevice {
  readonly bytes: Buffer;
  readonly isWritable: boolean;
  /** For example `write 4096+512`, in the order of arrival. */
  readonly log: string[] = [];
  /** Thrown by the next requests of an operation until deleted. */
  readonly failures = new Map<string, Error>();
  /** How many chunks each write came in. */
  readonly chunkCounts: number[] = [];
  isClosed = false;
  /** While set, slow requests end only when it resolves. */
  gate: Promise<void> | undefined;
  private readonly isSlow: boolean;

  constructor(
    readonly sizeBytes: number,
    options: MemoryDeviceOptions = {},
  ) {
    this.bytes = Buffer.alloc(sizeBytes);
    this.isWritable = options.isWritable ?? true;
    this.isSlow = options.isSlow ?? false;
  }

  read(offsetBytes: number, target: Uint8Array): undefined | Promise<void> {
    return this.run('read', offsetBytes, target.length, () => {
      target.set(this.bytes.subarray(offsetBytes, offsetBytes + target.length));
    });
  }

  write(offsetBytes: number, chunks: readonly Uint8Array[]): undefined | Promise<void> {
    const lengthBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.chunkCounts.push(chunks.length);
    return this.run('write', offsetBytes, lengthBytes, () => {
      let at = offsetBytes;
      for (const chunk of chunks) {
        this.bytes.set(chunk, at);
        at += chunk.length;
      }
    });
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): undefined | Promise<void> {
    return this.run('writeZeroes', offsetBytes, lengthBytes, () => {
      this.bytes.fill(0, offsetBytes, offsetBytes + lengthBytes);
    });
  }

  discard(offsetBytes: number, lengthBytes: number): undefined | Promise<void> {
    return this.run('discard', offsetBytes, lengthBytes, () => undefined);
  }

  async flush(): Promise<void> {
    await this.run('flush', 0, 0, () => undefined);
  }

  /** What is not all zeros, by blocks of 4 KiB. */
  mapStatus(
    offsetBytes: number,
    lengthBytes: number,
    maximumRuns: number,
  ): readonly AllocationRun[] | Promise<readonly AllocationRun[]> {
    const runs: { lengthBytes: number; isAllocated: boolean }[] = [];
    const pending = this.run('mapStatus', offsetBytes, lengthBytes, () => {
      for (let at = offsetBytes; at < offsetBytes + lengthBytes;) {
        const next = Math.min(offsetBytes + lengthBytes, (Math.floor(at / blockBytes) + 1) * blockBytes);
        const isAllocated = !this.bytes.subarray(at, next).equals(zeroBlock.subarray(0, next - at));
        const last = runs.at(-1);
        if (last?.isAllocated === isAllocated) last.lengthBytes += next - at;
        else if (runs.length === maximumRuns) return;
        else runs.push({ lengthBytes: next - at, isAllocated });
        at = next;
      }
    });
    return pending === undefined ? runs : pending.then(() => runs);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  private run(operation: string, offsetBytes: number, lengthBytes: number, act: () => void): undefined | Promise<void> {
    this.log.push(operation === 'flush' ? operation : `${operation} ${String(offsetBytes)}+${String(lengthBytes)}`);
    const failure = this.failures.get(operation);
    if (!this.isSlow) {
      if (failure !== undefined) throw failure;
      act();
      return undefined;
    }
    return (async () => {
      await (this.gate ?? new Promise((resolve) => setImmediate(resolve)));
      if (failure !== undefined) throw failure;
      act();
    })();
  }
}

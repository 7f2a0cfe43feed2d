import { setImmediate } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { MIB } from '../base/units.ts';
import type { BlockDevice } from './block-device.ts';

export interface DiskCopyOptions {
  /** Between two reads; what was written until then stays in the target. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the disk that have been looked at, of `source.sizeBytes` in all; holes count as soon as they are passed. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** One read, and what may be lost to a cancel. */
const readBytes = 2 * MIB;
/** What is asked for of a map of the source at a time. */
const mostRuns = 1024;
/** Zeros are left out in units of this size: a page of the guest, and the smallest usual grain. */
const unitBytes = 4096;
const zeros = Buffer.alloc(readBytes);

/**
 * Copies a disk's content to a device that reads as zeros everywhere and is at least as large: zeros are
 * never written, so that what is sparse stays sparse. Flushes the target at the end; closes neither. Resolves
 * with how many bytes were written. Throws job.cancelled, and what the two devices throw.
 */
export async function copyDisk(
  source: BlockDevice,
  target: BlockDevice,
  { signal, onProgress }: DiskCopyOptions = {},
): Promise<number> {
  const totalBytes = source.sizeBytes;
  assert(target.sizeBytes >= totalBytes, 'a copy has room for the disk');
  const buffer = Buffer.alloc(Math.min(readBytes, totalBytes));
  let writtenBytes = 0;
  for await (const { offsetBytes, lengthBytes, isAllocated } of pieces(source)) {
    refuseIfStopped(signal);
    if (isAllocated) writtenBytes += await copyPiece(source, target, offsetBytes, buffer.subarray(0, lengthBytes));
    onProgress?.(offsetBytes + lengthBytes, totalBytes);
    // Synchronous I/O would starve the signal and the progress.
    await setImmediate();
  }
  refuseIfStopped(signal);
  await target.flush();
  return writtenBytes;
}

function refuseIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new RedoubtError('job.cancelled', 'The copy was stopped.', {});
}

/** The whole device in the order of its bytes: holes as large as they are known to be, content cut into reads. */
async function* pieces(
  source: BlockDevice,
): AsyncGenerator<{ readonly offsetBytes: number; readonly lengthBytes: number; readonly isAllocated: boolean }> {
  for (let at = 0; at < source.sizeBytes;) {
    for (const { lengthBytes, isAllocated } of await source.mapStatus(at, source.sizeBytes - at, mostRuns)) {
      const end = at + lengthBytes;
      for (; at < end; at += isAllocated ? Math.min(readBytes, end - at) : end - at) {
        yield { offsetBytes: at, lengthBytes: isAllocated ? Math.min(readBytes, end - at) : end - at, isAllocated };
      }
    }
  }
}

/** Returns how many bytes were written. */
async function copyPiece(source: BlockDevice, target: BlockDevice, at: number, bytes: Buffer): Promise<number> {
  let writtenBytes = 0;
  const reading = source.read(at, bytes);
  if (reading !== undefined) await reading;
  for (const { start, end } of contentRows(bytes)) {
    const writing = target.write(at + start, [bytes.subarray(start, end)]);
    if (writing !== undefined) await writing;
    writtenBytes += end - start;
  }
  return writtenBytes;
}

/** The rows of units that are not all zeros, neighbours joined. */
function* contentRows(bytes: Buffer): Generator<{ readonly start: number; readonly end: number }> {
  if (isZero(bytes, 0, bytes.length)) return;
  let start: number | undefined;
  for (let at = 0; at < bytes.length; at += unitBytes) {
    const isHole = isZero(bytes, at, Math.min(at + unitBytes, bytes.length));
    if (!isHole) start ??= at;
    if (isHole && start !== undefined) {
      yield { start, end: at };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, end: bytes.length };
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  return bytes.compare(zeros, 0, end - start, start, end) === 0;
}

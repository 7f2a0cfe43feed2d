/** A part of a device that has content of its own somewhere, or none: then it reads as zeros and takes no room. */
export interface AllocationRun {
  readonly lengthBytes: number;
  readonly isAllocated: boolean;
}

/**
 * The one interface for blocks. NBD, backends and display know nothing else of a disk.
 *
 * - All offsets and lengths are bytes. 0 ≤ offset, offset + length ≤ sizeBytes; the caller has checked
 *   (implementations assert). Any alignment is allowed.
 * - A method that returns `undefined` has finished before it returned; one that returns a promise has
 *   not. Callers must handle both, and gain when they test for `undefined`.
 * - Requests may overlap in time. An implementation keeps those that touch the same bytes in the order
 *   in which they were made.
 * - `write` may keep no reference to the chunks after it has finished.
 * - `flush` covers every write that had finished before it was called, and resolves only when data and
 *   the metadata that finds it are on the device.
 * - Failures are RedoubtErrors: `disk.no-space` may be tried again, `disk.io` is final.
 * - `close` is idempotent; nothing may be called after it but `close`.
 */
export interface BlockDevice {
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  read(offsetBytes: number, target: Uint8Array): undefined | Promise<void>;
  /** Writes the chunks, one after the other, from `offsetBytes` on. */
  write(offsetBytes: number, chunks: readonly Uint8Array[]): undefined | Promise<void>;
  /** The range reads as zeros from then on. */
  writeZeroes(offsetBytes: number, lengthBytes: number): undefined | Promise<void>;
  /** A hint that the content is no longer needed; may do nothing. */
  discard(offsetBytes: number, lengthBytes: number): undefined | Promise<void>;
  /**
   * What of a range that is not empty is allocated: runs of either kind in turn, from `offsetBytes` on, at
   * least one and at most `maximumRuns`. They never pass the range's end and may stop before it, because a
   * call does no more than a bounded amount of work; whoever wants more asks again from there.
   */
  mapStatus(
    offsetBytes: number,
    lengthBytes: number,
    maximumRuns: number,
  ): readonly AllocationRun[] | Promise<readonly AllocationRun[]>;
  flush(): Promise<void>;
  /**
   * Until `carryOut`, which follows in the same turn, writes may wait for each other and be carried out
   * together; reads and flushes are served as always. For a server that has several requests at hand.
   */
  gather?(): void;
  /** Everything that waits is carried out before it returns; failures are told by the writes' promises. */
  carryOut?(): void;
  close(): Promise<void>;
}

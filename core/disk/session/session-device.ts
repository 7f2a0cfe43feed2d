import { setImmediate } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { MIB, roundDown } from '../../base/units.ts';
import type { AllocationRun, BlockDevice } from '../block-device.ts';
import { allocationStatus } from '../chain/allocation-status.ts';
import { Chain } from '../chain/chain.ts';
import { ChainReader } from '../chain/chain-reader.ts';
import { ChainWriter } from '../chain/chain-writer.ts';
import { fillsOf, type DiskRange } from '../chain/fills.ts';
import type { Link } from '../chain/link.ts';
import { MergedMap } from '../chain/merged-map.ts';
import { ReadPace } from '../chain/read-pace.ts';
import { RangeQueue } from '../chain/range-queue.ts';
import { NotLocalError, whenLocal } from '../files/not-local.ts';

/** Larger zero writes are cut, and others are served between the slices. */
const ZERO_SLICE_BYTES = 16 * MIB;

/**
 * A chain as one block device. What is local and hot is carried out at once: a read is one system call, a lookup
 * costs the same at every depth. What is not is parked: slow reads go on in the thread pool, content that lies
 * elsewhere is fetched first, a write that needs either for the rest of a grain waits for it, large zero writes
 * take turns. Requests that touch bytes of a parked one queue behind it, all others go on.
 *
 * Only the leaf is written, and only if it was opened for it. The device owns the chain.
 */
export class SessionDevice implements BlockDevice {
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  private chain: Chain;
  private readonly pace: ReadPace;
  private readonly mapBytes: number | undefined;
  private map: MergedMap;
  private reader: ChainReader;
  private writer: ChainWriter;
  private readonly queue = new RangeQueue();
  private closing: Promise<void> | undefined;
  private switching: Promise<void> | undefined;
  private failure: RedoubtError | undefined;

  constructor(chain: Chain, options: { mapBytes?: number; pace?: ReadPace } = {}) {
    this.chain = chain;
    this.pace = options.pace ?? new ReadPace();
    this.mapBytes = options.mapBytes;
    this.map = new MergedMap(chain, options.mapBytes);
    this.reader = new ChainReader(this.map, this.pace);
    this.writer = new ChainWriter(chain, this.map, this.reader);
    this.sizeBytes = chain.sizeBytes;
    this.isWritable = chain.leaf.isWritable;
  }

  /** Leaf first. */
  get links(): readonly Link[] {
    return this.chain.links;
  }

  /** The link that takes the writes, or the top of a chain that takes none. */
  get leaf(): Link {
    return this.chain.leaf;
  }

  read(offsetBytes: number, target: Uint8Array): undefined | Promise<void> {
    const endBytes = this.check(offsetBytes, target.length);
    if (this.queue.isBlocked(offsetBytes, endBytes, 'shared'))
      return this.queue.run(offsetBytes, endBytes, 'shared', () => this.readNow(offsetBytes, target));
    const pending = this.readNow(offsetBytes, target);
    return pending === undefined ? undefined : this.queue.add(offsetBytes, endBytes, 'shared', pending);
  }

  write(offsetBytes: number, chunks: readonly Uint8Array[]): undefined | Promise<void> {
    let lengthBytes = 0;
    for (const chunk of chunks) lengthBytes += chunk.length;
    const endBytes = this.check(offsetBytes, lengthBytes);
    this.checkWritable();
    return this.change(offsetBytes, endBytes, true, () => this.writer.write(offsetBytes, chunks, lengthBytes));
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): undefined | Promise<void> {
    const endBytes = this.check(offsetBytes, lengthBytes);
    this.checkWritable();
    if (lengthBytes <= ZERO_SLICE_BYTES) {
      return this.change(offsetBytes, endBytes, true, () => {
        this.writer.writeZeroes(offsetBytes, lengthBytes);
        return undefined;
      });
    }
    return this.queue.run(offsetBytes, endBytes, 'alone', async () => {
      for (let at = offsetBytes; at < endBytes; at += ZERO_SLICE_BYTES) {
        const slice = { offsetBytes: at, lengthBytes: Math.min(ZERO_SLICE_BYTES, endBytes - at) };
        await this.changePrepared(slice, true, () => {
          this.writer.writeZeroes(slice.offsetBytes, slice.lengthBytes);
          return undefined;
        });
        await setImmediate();
      }
    });
  }

  /** Frees whole grains, as far as that leaves zeros; cut like zeros are. */
  discard(offsetBytes: number, lengthBytes: number): undefined | Promise<void> {
    const endBytes = this.check(offsetBytes, lengthBytes);
    this.checkWritable();
    if (lengthBytes <= ZERO_SLICE_BYTES) {
      return this.change(offsetBytes, endBytes, false, () => {
        this.writer.discard(offsetBytes, lengthBytes);
        return undefined;
      });
    }
    return this.queue.run(offsetBytes, endBytes, 'alone', async () => {
      for (let at = offsetBytes; at < endBytes;) {
        // Slices end between grains, so that none is cut in two and left.
        const sliceEnd = Math.min(endBytes, roundDown(at + ZERO_SLICE_BYTES, ZERO_SLICE_BYTES));
        const slice = { offsetBytes: at, lengthBytes: sliceEnd - at };
        await this.changePrepared(slice, false, () => {
          this.writer.discard(slice.offsetBytes, slice.lengthBytes);
          return undefined;
        });
        at = sliceEnd;
        await setImmediate();
      }
    });
  }

  /** Of the links taken together: what none of them has, from the leaf to the base, is not allocated. */
  mapStatus(
    offsetBytes: number,
    lengthBytes: number,
    maximumRuns: number,
  ): readonly AllocationRun[] | Promise<readonly AllocationRun[]> {
    const endBytes = this.check(offsetBytes, lengthBytes);
    this.leaf.checkAlive();
    this.writer.carryOutFor(offsetBytes, endBytes);
    const tell = () => allocationStatus(this.map, offsetBytes, endBytes, maximumRuns);
    try {
      return tell();
    } catch (error) {
      if (!(error instanceof NotLocalError)) throw error;
      return whenLocal(tell);
    }
  }

  /** From now on every request is refused with `error`. What was written before is still flushed by `close`. */
  refuseAll(error: RedoubtError): void {
    this.failure ??= error;
  }

  gather(): void {
    this.writer.gather();
  }

  carryOut(): void {
    this.writer.carryOut();
  }

  async flush(): Promise<void> {
    assert(this.closing === undefined, 'a device is not used after close');
    if (this.failure !== undefined) throw this.failure;
    // Its leaf is being closed, and has synced everything that was written to it.
    if (this.switching !== undefined) await this.switching.catch(() => undefined);
    this.writer.carryOutFor(0, this.sizeBytes);
    if (this.isWritable) await this.leaf.flush();
  }

  /** Runs `act` when every request before it has ended; those that come meanwhile wait, and none is refused. */
  async alone(act: () => Promise<void>): Promise<void> {
    assert(this.switching === undefined, 'one at a time');
    this.switching = this.queue.run(0, this.sizeBytes, 'alone', () => {
      this.writer.carryOut();
      return act();
    });
    try {
      await this.switching;
    } finally {
      this.switching = undefined;
    }
  }

  /** Goes on over another chain, which reads the same. Only from within `alone`; the old one is the caller's. */
  goOver(chain: Chain): void {
    assert(this.switching !== undefined && chain.sizeBytes === this.sizeBytes, 'no request is open meanwhile');
    this.use(chain);
  }

  /**
   * Goes on over `leaf` in the place of the present one, which is handed back as it is, still open. No
   * request may be in progress.
   */
  replaceLeaf(leaf: Link): Link {
    assert(this.queue.isIdle, 'no request is open while the leaf is replaced');
    this.writer.carryOut();
    const [old, ...rest] = this.chain.links;
    assert(old !== undefined && leaf.isWritable === this.isWritable, 'a leaf of the same kind');
    this.use(new Chain([leaf, ...rest]));
    return old;
  }

  /** Waits for what is in progress, closes the leaf clean and lets go of all files. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private use(chain: Chain): void {
    this.chain = chain;
    this.map = new MergedMap(chain, this.mapBytes);
    this.reader = new ChainReader(this.map, this.pace);
    this.writer = new ChainWriter(chain, this.map, this.reader);
  }

  private async closeAll(): Promise<void> {
    this.writer.carryOut();
    await this.queue.drain();
    await this.switching?.catch(() => undefined);
    const [leaf, ...rest] = this.chain.links;
    try {
      await leaf?.closeClean();
    } finally {
      for (const link of rest) link.close();
    }
  }

  private readNow(offsetBytes: number, target: Uint8Array): undefined | Promise<void> {
    this.leaf.checkAlive();
    this.writer.carryOutFor(offsetBytes, offsetBytes + target.length);
    return this.reader.read(offsetBytes, target);
  }

  /**
   * Carries out a change of a range at once if nothing stands in its way, else when it is its turn. `needsFills`:
   * it reads the rest of grains that it covers in part.
   */
  private change(
    offsetBytes: number,
    endBytes: number,
    needsFills: boolean,
    act: () => undefined | Promise<void>,
  ): undefined | Promise<void> {
    const range = { offsetBytes, lengthBytes: endBytes - offsetBytes };
    if (!this.queue.isBlocked(offsetBytes, endBytes, 'alone')) {
      try {
        if (!needsFills || this.pace.isQuick || this.fillsOf(range).length === 0) return act();
      } catch (error) {
        if (!(error instanceof NotLocalError)) throw error;
      }
    }
    return this.queue.run(offsetBytes, endBytes, 'alone', () => this.changePrepared(range, needsFills, act));
  }

  /**
   * Brings near what a change fills its grains up with, then carries it out. Others may have written to those
   * grains meanwhile, so nothing is kept of what was read: reading it again is quick.
   */
  private changePrepared(range: DiskRange, needsFills: boolean, act: () => undefined | Promise<void>): Promise<void> {
    return whenLocal(async () => {
      if (needsFills && !this.pace.isQuick) {
        for (const fill of this.fillsOf(range)) await this.reader.warm(fill.offsetBytes, fill.lengthBytes);
      }
      await act();
    });
  }

  private fillsOf(range: DiskRange): DiskRange[] {
    return fillsOf(this.map, this.chain, range);
  }

  private check(offsetBytes: number, lengthBytes: number): number {
    assert(this.closing === undefined, 'a device is not used after close');
    if (this.failure !== undefined) throw this.failure;
    const endBytes = offsetBytes + lengthBytes;
    assert(offsetBytes >= 0 && endBytes <= this.sizeBytes, 'a request inside the disk');
    return endBytes;
  }

  private checkWritable(): void {
    if (this.isWritable) return;
    throw new RedoubtError('disk.read-only', `${this.leaf.path} is open for reading only.`, {
      file: this.leaf.path,
      dependents: [],
    });
  }
}

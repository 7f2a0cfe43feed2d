import type { Extent } from '../formats/extent.ts';
import { MIB } from '../../base/units.ts';

const WRITE_BACK_BYTES = 32 * MIB;
const WRITE_BACK_MS = 5000;

/**
 * Makes a link's writes durable, data first, pointers second.
 *
 * A flush freezes an epoch when it starts: the table sectors as they are then. Phase 1 syncs the data (and
 * tables that are new), phase 2 writes the frozen sectors, never the live ones, and syncs again. Where no
 * grain was allocated there is no phase 2. Requests go on while a sync runs; what they allocate belongs to
 * the next epoch. A crash at any moment finds pointers only to data that was synced before them. Space whose
 * entries were cleared is used again only after phase 2, when no pointer to it is left.
 *
 * A flush that is asked for while another runs waits for it and then starts its own epoch; all that are
 * asked for in the meantime share that one, because it begins after every write they must cover.
 *
 * A failed sync is final: the kernel may have dropped the pages, so trying again could report a success
 * that is none, and write pointers to data that is lost. Flushes that waited fail with it. No room for the
 * metadata is not final: the sectors are kept and tried again.
 */
export class FlushEpochs {
  private readonly extents: readonly Extent[];
  private readonly onFailure: (error: unknown) => void;
  private readonly checkAlive: () => void;
  private readonly beforeMetadata: () => void;
  private isDurable: boolean;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private writtenBytes = 0;
  /** Of the epoch that is being made durable. */
  private epochBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * `isDurable` false: nothing is synced. `checkAlive` throws when the link has failed. `beforeMetadata` may
   * throw, when this process has lost its right to write; that and a failed sync are told to `onFailure`.
   */
  constructor(options: {
    extents: readonly Extent[];
    isDurable: boolean;
    checkAlive: () => void;
    beforeMetadata: () => void;
    onFailure: (error: unknown) => void;
  }) {
    this.extents = options.extents;
    this.isDurable = options.isDurable;
    this.checkAlive = options.checkAlive;
    this.beforeMetadata = options.beforeMetadata;
    this.onFailure = options.onFailure;
  }

  /** Resolves when every write that had finished before the call is on the device. */
  flush(): Promise<void> {
    if (this.next !== undefined) return this.next;
    if (this.running === undefined) return this.start();
    const { running } = this;
    this.next = (async () => {
      await running.catch(() => undefined);
      this.next = undefined;
      await this.start();
    })();
    return this.next;
  }

  /** To be told of every write, so that no more than 32 MiB or 5 s of them wait for somebody to flush. */
  noteWritten(bytes: number): void {
    this.writtenBytes += bytes;
    if (this.writtenBytes >= WRITE_BACK_BYTES) {
      this.writeBack();
    } else if (this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.writeBack();
      }, WRITE_BACK_MS);
      this.timer.unref();
    }
  }

  /** From now on flushes sync; everything so far is made durable by the next one. */
  makeDurable(): void {
    this.isDurable = true;
    for (const extent of this.extents) extent.hasUnsynced = true;
  }

  /** Ends the write-back. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private writeBack(): void {
    // Who asked for no flush hears of its failure at the next one: the link remembers, and no room is met again.
    this.flush().catch(() => undefined);
  }

  private start(): Promise<void> {
    this.stop();
    this.epochBytes = this.writtenBytes;
    this.writtenBytes = 0;
    const running = this.runEpoch().finally(() => {
      if (this.running === running) this.running = undefined;
    });
    this.running = running;
    return running;
  }

  private async runEpoch(): Promise<void> {
    // Whoever waited, or comes by the clock, may come after a sync that failed.
    this.checkAlive();
    const written = this.extents.filter((extent) => extent.hasUnsynced);
    const allocated = written.filter((extent) => extent.hasPending);
    for (const extent of written) extent.hasUnsynced = false;
    for (const extent of allocated) extent.freezeTables();
    try {
      await this.sync(written);
    } catch (error) {
      for (const extent of allocated) extent.thawTables();
      this.onFailure(error);
      throw error;
    }
    if (allocated.length === 0) return;
    try {
      this.beforeMetadata();
      for (const extent of allocated) extent.writeFrozenTables();
    } catch (error) {
      for (const extent of allocated) {
        extent.thawTables();
        extent.hasUnsynced = true;
      }
      throw error;
    }
    try {
      await this.sync(allocated);
    } catch (error) {
      this.onFailure(error);
      throw error;
    }
    for (const extent of allocated) extent.reuseCleared?.();
  }

  private async sync(extents: readonly Extent[]): Promise<void> {
    if (!this.isDurable) return;
    await Promise.all(extents.map(({ file }) => file.sync(this.epochBytes)));
  }
}

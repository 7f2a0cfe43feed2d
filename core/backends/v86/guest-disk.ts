import type { BlockPortClient } from '../../base/block-port.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { V86Image } from './v86-surface.ts';

/** What a disk reports to the machine it is in. */
export interface GuestDiskEvents {
  /** A write found no room. It stays pending until `retry`; the guest must not run on meanwhile. */
  onNoSpace(): void;
  /** A request failed for good: the guest is to see an error instead of an answer. */
  onFailure(): void;
}

/**
 * A hard disk of v86 on a session that lives in another thread. Nothing is cached here: the session keeps
 * requests that touch the same bytes in order, so a read sees every write before it.
 *
 * A write ends when the session has it; it is durable after `flushCache`. In write-through mode, the
 * fallback when flushes of the guest can't be seen, `set` blocks the thread until the bytes are durable,
 * because v86 reports some writes to the guest before it waits for the disk.
 */
export class GuestDisk implements V86Image {
  readonly byteLength: number;
  onload?: ((event: object) => void) | undefined;
  isWriteThrough = false;
  private readonly client: BlockPortClient;
  private readonly firstSector: Uint8Array;
  private readonly events: GuestDiskEvents;
  /** Requests that wait for room. */
  private postponed: (() => void)[] = [];
  /** Counts the guest's resets: what it asked before one it does not want any more. */
  private life = 0;
  private readonly writes = new Set<Promise<void>>();

  private constructor(client: BlockPortClient, firstSector: Uint8Array, events: GuestDiskEvents) {
    this.client = client;
    this.firstSector = firstSector;
    this.events = events;
    this.byteLength = client.sizeBytes;
  }

  /** Reads the first sector, which v86 wants to know before the machine exists. Rejects as the session does. */
  static async open(client: BlockPortClient, events: GuestDiskEvents): Promise<GuestDisk> {
    return new GuestDisk(client, await client.read(0, 512), events);
  }

  load(): void {
    this.onload?.({});
  }

  get_and_cache(_startBytes: number, _lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    done(this.firstSector);
  }

  get_from_cache(startBytes: number, lengthBytes: number): Uint8Array | undefined {
    return startBytes === 0 && lengthBytes <= 512 ? this.firstSector.subarray(0, lengthBytes) : undefined;
  }

  get(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    const { life } = this;
    this.client.read(startBytes, lengthBytes).then(done, (error: unknown) => {
      this.fail(life, error, () => {
        this.get(startBytes, lengthBytes, done);
      });
    });
  }

  /** Copies `bytes` before it returns: v86 uses its buffer again. */
  set(startBytes: number, bytes: Uint8Array, done: () => void): void {
    this.write(startBytes, bytes.slice(), done);
  }

  /** Calls `done` when every write that was made before is durable. */
  flushCache(done: () => void): void {
    const { life } = this;
    void Promise.all(this.writes)
      .then(() => this.client.flush())
      .then(done, (error: unknown) => {
        this.fail(life, error, () => {
          this.flushCache(done);
        });
      });
  }

  /** Makes the requests again that found no room. */
  retry(): void {
    const postponed = this.postponed;
    this.postponed = [];
    for (const request of postponed) request();
  }

  /** The guest was reset: what found no room would be made late, over what it writes now. */
  forget(): void {
    this.life += 1;
    this.postponed = [];
  }

  /** Resolves when no write is under way, or none can end for lack of room. */
  async drain(): Promise<void> {
    while (this.writes.size > 0) await Promise.all(this.writes);
  }

  close(): void {
    this.client.close();
  }

  private write(startBytes: number, bytes: Uint8Array, done: () => void): void {
    const { life } = this;
    // The client moves the bytes away; a second try needs its own.
    const attempt = this.isWriteThrough
      ? this.writeDurably(startBytes, bytes.slice())
      : this.client.write(startBytes, bytes.slice());
    const ended = attempt.then(done, (error: unknown) => {
      this.fail(life, error, () => {
        this.write(startBytes, bytes, done);
      });
    });
    this.writes.add(ended);
    void ended.then(() => this.writes.delete(ended));
  }

  private async writeDurably(startBytes: number, bytes: Uint8Array): Promise<void> {
    const written = this.client.write(startBytes, bytes);
    this.client.settle();
    const flushed = this.client.flush();
    this.client.settle();
    await Promise.all([written, flushed]);
  }

  private fail(life: number, error: unknown, again: () => void): void {
    if (life !== this.life) return;
    if (error instanceof RedoubtError && error.is('disk.no-space')) {
      this.postponed.push(again);
      this.events.onNoSpace();
    } else {
      this.events.onFailure();
    }
  }
}

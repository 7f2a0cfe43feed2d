/** Reads may share bytes with other reads; everything else has them alone. */
export type Hold = 'shared' | 'alone';

interface Entry {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly done: Promise<unknown>;
}

/**
 * Keeps requests that touch the same bytes in the order in which they were made, where some of them take
 * their time. As long as none does, asking costs a look at an empty set.
 */
export class RangeQueue {
  private readonly shared = new Set<Entry>();
  private readonly alone = new Set<Entry>();

  get isIdle(): boolean {
    return this.alone.size === 0 && this.shared.size === 0;
  }

  /** Whether a request on [startBytes, endBytes) has to wait for an earlier one. */
  isBlocked(startBytes: number, endBytes: number, hold: Hold): boolean {
    return (
      (this.alone.size > 0 && overlaps(this.alone, startBytes, endBytes)) ||
      (hold === 'alone' && this.shared.size > 0 && overlaps(this.shared, startBytes, endBytes))
    );
  }

  /** Later requests wait until `done`, which was begun because nothing blocked it, has ended, however it ends. */
  add(startBytes: number, endBytes: number, hold: Hold, done: Promise<void>): Promise<void> {
    const entries = hold === 'alone' ? this.alone : this.shared;
    const entry = { startBytes, endBytes, done };
    entries.add(entry);
    const remove = () => {
      entries.delete(entry);
    };
    done.then(remove, remove);
    return done;
  }

  /** Runs `act` after every earlier request on the range has ended, however it ended; later ones wait for it. */
  run(startBytes: number, endBytes: number, hold: Hold, act: () => undefined | Promise<void>): Promise<void> {
    const earlier: Promise<unknown>[] = [];
    collect(this.alone, startBytes, endBytes, earlier);
    if (hold === 'alone') collect(this.shared, startBytes, endBytes, earlier);
    return this.add(startBytes, endBytes, hold, Promise.allSettled(earlier).then(act));
  }

  /** Resolves when everything that was begun has ended. */
  async drain(): Promise<void> {
    while (!this.isIdle) await Promise.allSettled([...this.alone, ...this.shared].map((entry) => entry.done));
  }
}

function overlaps(entries: ReadonlySet<Entry>, startBytes: number, endBytes: number): boolean {
  for (const entry of entries) if (entry.startBytes < endBytes && startBytes < entry.endBytes) return true;
  return false;
}

function collect(entries: ReadonlySet<Entry>, startBytes: number, endBytes: number, found: Promise<unknown>[]): void {
  for (const entry of entries) if (entry.startBytes < endBytes && startBytes < entry.endBytes) found.push(entry.done);
}

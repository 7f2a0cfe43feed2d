/**
 * Keeps requests that touch the same bytes in the order in which they were made, where some of them take
 * their time. As long as none does, asking costs a look at an empty list.
 */
export class RangeQueue {
  private readonly busy: { startBytes: number; endBytes: number; done: Promise<void> }[] = [];

  get isIdle(): boolean {
    return this.busy.length === 0;
  }

  /** Whether [startBytes, endBytes) has to wait for an earlier request. */
  isBlocked(startBytes: number, endBytes: number): boolean {
    return this.busy.some((range) => range.startBytes < endBytes && startBytes < range.endBytes);
  }

  /** Runs `act` after every earlier request on the range has ended, however it ended; later ones wait for it. */
  run(startBytes: number, endBytes: number, act: () => undefined | Promise<void>): Promise<void> {
    const earlier = this.busy.filter((range) => range.startBytes < endBytes && startBytes < range.endBytes);
    const done = Promise.allSettled(earlier.map((range) => range.done)).then(act);
    const entry = { startBytes, endBytes, done };
    this.busy.push(entry);
    const remove = () => {
      this.busy.splice(this.busy.indexOf(entry), 1);
    };
    done.then(remove, remove);
    return done;
  }

  /** Resolves when everything that was begun has ended. */
  async drain(): Promise<void> {
    while (this.busy.length > 0) await Promise.allSettled(this.busy.map((range) => range.done));
  }
}

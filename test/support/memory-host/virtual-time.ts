interface Waiting {
  readonly owner: unknown;
  dueMs: number;
  readonly everyMs: number | undefined;
  readonly act: () => void;
}

/**
 * A clock that stands still until it is moved, and can be set back. Timers fire only in `pass`, so that work
 * in the background happens where a test says.
 */
export class VirtualTime {
  private ms = Date.UTC(2026, 0, 1);
  /** What the clock shows more than has passed. */
  private skewMs = 0;
  private readonly timers = new Set<Waiting>();

  now(): number {
    return this.ms + this.skewMs;
  }

  /** Time goes by unseen: no timer fires. */
  advance(ms: number): void {
    this.ms += ms;
  }

  /** Somebody sets the clock; timers do not notice. */
  set(byMs: number): void {
    this.skewMs += byMs;
  }

  add(owner: unknown, act: () => void, afterMs: number, everyMs?: number): Waiting {
    const timer = { owner, act, dueMs: this.ms + afterMs, everyMs };
    this.timers.add(timer);
    return timer;
  }

  cancel(timer: unknown): void {
    this.timers.delete(timer as Waiting);
  }

  /** A process has ended. */
  forget(owner: unknown): void {
    for (const timer of this.timers) if (timer.owner === owner) this.timers.delete(timer);
  }

  /** Time goes by, and what was to happen meanwhile does, in order. */
  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const [next] = [...this.timers].filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.ms = Math.max(this.ms, next.dueMs);
      if (next.everyMs === undefined) this.timers.delete(next);
      else next.dueMs += Math.max(1, next.everyMs);
      next.act();
    }
    this.ms = end;
  }
}

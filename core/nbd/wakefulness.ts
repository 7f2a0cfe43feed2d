/** How long behind the last request the next one is looked for without sleeping. */
const patienceMs = 0.05;
/** A pause up to this length is one that looking might have spared a sleep. */
const shortPauseMs = 2 * patienceMs;
/** So many longer pauses in a row, and requests are waited for asleep. */
const longPausesToSleep = 4;

/**
 * Keeps the event loop from sleeping while requests follow each other closely. A processor that has gone idle
 * takes tens of microseconds to come back, in a virtual machine more, many times what a read takes; a client
 * that waits for an answer before it asks again would pay that for every request.
 *
 * Awake, the loop looks at its sockets again and again, for at most `patienceMs` behind the last request. Where
 * pauses are longer it would look in vain, and so it does not, until two requests come close together.
 */
export class Wakefulness {
  private isLooking = false;
  private lastMs = -Infinity;
  private longPauses = longPausesToSleep;

  /** A clock, and what calls when the event loop has come round; others than the real ones are for tests. */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly afterThisTurn: (act: () => void) => void = setImmediate,
  ) {}

  /** Tells that requests have come and are served. */
  note(): void {
    const now = this.nowMs();
    if (now - this.lastMs <= shortPauseMs) this.longPauses = 0;
    else if (this.longPauses < longPausesToSleep) this.longPauses += 1;
    this.lastMs = now;
    if (this.isLooking || this.longPauses === longPausesToSleep) return;
    this.isLooking = true;
    this.afterThisTurn(this.look);
  }

  private readonly look = (): void => {
    this.isLooking = this.nowMs() - this.lastMs < patienceMs;
    if (this.isLooking) this.afterThisTurn(this.look);
  };
}

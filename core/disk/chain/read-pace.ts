/**
 * A read that takes longer is one for which a disk was waited for: the page cache takes a few microseconds, and 30
 * where the processor is busy; a quick disk takes 45 and more. One after the other, such reads leave the disk with
 * one request at a time.
 */
const slowMs = 0.035;
/** What is allowed on top for every byte: memory is copied at some GB/s. */
const slowMsPerByte = 1e-6;
/** So many slow reads, without a row of quick ones in between, and reading goes on in the thread pool. */
const slowReadsToLeave = 3;
const quickReadsToForget = 8;
/** So many quick ones in a row, of those that are tried at once now and then, and it comes back. */
const quickReadsToReturn = 3;
/** How long until the next is tried; longer and longer as long as they are slow. */
const shortestGapMs = 5;
const longestGapMs = 80;
/** While all is quick, one read in so many is timed: a clock costs as much as a lookup. */
const timedOneIn = 4;

/** How the next read is to be made: at once (timed by `time`, to learn from it), or in the thread pool. */
export type ReadChoice = 'at-once' | 'at-once-timed' | 'later';

/**
 * Decides which reads are made at once, with the thread standing still, and which in the thread pool.
 *
 * | state | reads | it ends |
 * | --- | --- | --- |
 * | hot | at once: what the page cache has costs less than a promise | with the third slow read |
 * | cold | in the thread pool, as many together as are asked for | with the third quick one in a row of those that are still made at once |
 *
 * Cold, a read is made at once if no other is under way and it is the first in a turn of the event loop (then
 * it may be the only one, and nobody is held up), and else now and then, to find out whether the cache has
 * become warm.
 */
export class ReadPace {
  /** Reads in the thread pool; whoever makes them counts them. */
  underWay = 0;
  private state: 'hot' | 'cold' = 'hot';
  private slowReads = 0;
  private quickReads = 0;
  private sinceTimed = 0;
  /** Cold: a read was made at once in this turn of the event loop. */
  private hadItsTurn = false;
  private nextTryMs = 0;
  private gapMs = shortestGapMs;

  /** A clock, and what calls when the event loop has come round; others than the real ones are for tests. */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    private readonly afterThisTurn: (act: () => void) => void = setImmediate,
  ) {}

  /** Whether a read would be made at once now. */
  get isQuick(): boolean {
    return this.state === 'hot' || (this.underWay === 0 && !this.hadItsTurn);
  }

  get isHot(): boolean {
    return this.state === 'hot';
  }

  /** To be asked once for every read. */
  choose(): ReadChoice {
    if (this.state === 'hot') {
      if (this.slowReads === 0 && ++this.sinceTimed < timedOneIn) return 'at-once';
      this.sinceTimed = 0;
      return 'at-once-timed';
    }
    if (this.underWay === 0 && !this.hadItsTurn) {
      this.takeTurn();
      return 'at-once-timed';
    }
    const now = this.nowMs();
    if (now < this.nextTryMs) return 'later';
    this.nextTryMs = now + this.gapMs;
    return 'at-once-timed';
  }

  /** Tells of a read that was made at once unasked: the next in this turn would hold others up. */
  takeTurn(): void {
    if (this.hadItsTurn) return;
    this.hadItsTurn = true;
    this.afterThisTurn(() => {
      this.hadItsTurn = false;
    });
  }

  /** Runs a read that is made at once, and learns from how long it took. */
  time(lengthBytes: number, read: () => void): void {
    const begun = this.nowMs();
    read();
    const isSlow = this.nowMs() - begun > slowMs + lengthBytes * slowMsPerByte;
    if (this.state === 'hot') this.noteHot(isSlow);
    else this.noteCold(isSlow);
  }

  private noteHot(isSlow: boolean): void {
    if (isSlow) {
      this.quickReads = 0;
      if (++this.slowReads < slowReadsToLeave) return;
      this.state = 'cold';
      this.gapMs = shortestGapMs;
      this.nextTryMs = this.nowMs() + this.gapMs;
      this.takeTurn();
    } else if (this.slowReads > 0 && ++this.quickReads === quickReadsToForget) {
      this.slowReads = 0;
      this.quickReads = 0;
    }
  }

  private noteCold(isSlow: boolean): void {
    if (isSlow) {
      this.quickReads = 0;
      this.gapMs = Math.min(2 * this.gapMs, longestGapMs);
      return;
    }
    this.gapMs = shortestGapMs;
    if (++this.quickReads < quickReadsToReturn) return;
    this.state = 'hot';
    this.slowReads = 0;
    this.quickReads = 0;
  }
}

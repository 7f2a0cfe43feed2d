/** A small generator with a fixed sequence a seed (mulberry32), so that a failure can be repeated. */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 ≤ n < 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, 0 ≤ n < limit. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Bytes of one value that is not 0, with another at either end, so that shifts show. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(1 + this.below(255));
    if (length > 0) bytes[0] = this.below(256);
    if (length > 1) bytes[length - 1] = this.below(256);
    return bytes;
  }
}

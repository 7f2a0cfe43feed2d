import { describe, expect, it } from 'vitest';
import { ReadPace } from '../../../../core/disk/chain/read-pace.ts';

/** A pace with a clock and an event loop of its own. */
class Paced {
  nowMs = 1000;
  private readonly afterTurn: (() => void)[] = [];
  readonly pace = new ReadPace(
    () => this.nowMs,
    (act) => this.afterTurn.push(act),
  );

  endTurn(): void {
    for (const act of this.afterTurn.splice(0)) act();
  }

  /** One read that takes so long if it is made at once; tells how it was made. */
  read(tookMs: number, lengthBytes = 4096): string {
    const choice = this.pace.choose();
    if (choice === 'at-once-timed') {
      this.pace.time(lengthBytes, () => {
        this.nowMs += tookMs;
      });
    }
    return choice;
  }

  makeCold(): void {
    while (this.pace.isHot) this.read(1);
    this.endTurn();
  }
}

describe('the pace of reads', () => {
  it('[W8] is at once as long as reads are quick, and asks for the time now and then', () => {
    const paced = new Paced();
    const choices = Array.from({ length: 400 }, () => paced.read(0.005));
    expect(choices.filter((choice) => choice === 'at-once-timed')).toHaveLength(100);
    expect(choices).not.toContain('later');
  });

  it('[W8] leaves in the middle of a batch, with the third slow read', () => {
    const paced = new Paced();
    const choices = Array.from({ length: 32 }, () => {
      const choice = paced.read(0.3);
      if (choice === 'later') paced.pace.underWay++;
      return choice;
    });
    expect(choices.slice(0, 6).filter((choice) => choice === 'at-once-timed')).toHaveLength(3);
    expect(choices.slice(6).every((choice) => choice === 'later')).toBe(true);
  });

  it.each([
    ['a quick disk, 80 µs', 0.08, false],
    ['the quickest disks, 46 µs', 0.046, false],
    ['a page cache under load, 30 µs', 0.03, true],
  ])('[W8] tells reads of %s from the other', (_what, tookMs, isHot) => {
    const paced = new Paced();
    for (let index = 0; index < 100; index++) paced.read(tookMs);
    expect(paced.pace.isHot).toBe(isHot);
  });

  it('takes no notice of single slow reads', () => {
    const paced = new Paced();
    for (let index = 0; index < 1000; index++) paced.read(index % 40 === 0 ? 2 : 0.005);
    expect(paced.pace.isHot).toBe(true);
  });

  it('allows long reads more time', () => {
    const paced = new Paced();
    for (let index = 0; index < 100; index++) paced.read(1, 2 ** 20);
    expect(paced.pace.isHot).toBe(true);
    for (let index = 0; index < 12; index++) paced.read(3, 2 ** 20);
    expect(paced.pace.isHot).toBe(false);
  });

  it('[W8] does what is alone in its turn at once, and comes back with the third quick one in a row', () => {
    const paced = new Paced();
    paced.makeCold();
    for (const tookMs of [1, 0.01, 0.01, 1, 0.01, 0.01, 0.01]) {
      expect(paced.pace.isHot).toBe(false);
      expect(paced.pace.isQuick).toBe(true);
      expect(paced.read(tookMs)).toBe('at-once-timed');
      paced.endTurn();
    }
    expect(paced.pace.isHot).toBe(true);
  });

  it('does one of several at once, if none is under way', () => {
    const paced = new Paced();
    paced.makeCold();
    expect([paced.read(1), paced.read(1), paced.read(1)]).toEqual(['at-once-timed', 'later', 'later']);
    expect(paced.pace.isQuick).toBe(false);
    paced.pace.underWay = 2;
    paced.endTurn();
    expect(paced.pace.isQuick).toBe(false);
    expect(paced.read(1)).toBe('later');
  });

  it('tries now and then where reads are always under way, and less often while they stay slow', () => {
    const paced = new Paced();
    paced.makeCold();
    paced.pace.underWay = 31;
    const triedAt: number[] = [];
    while (triedAt.length < 8) {
      const now = paced.nowMs;
      if (paced.read(0.5) !== 'later') triedAt.push(now);
      else paced.nowMs += 0.1;
    }
    const gaps = triedAt.slice(1).map((at, index) => Math.round(at - (triedAt[index] ?? 0)));
    expect(gaps).toEqual([5, 10, 20, 40, 80, 80, 80].map((gap) => expect.closeTo(gap, -1) as number));
    let tries = 0;
    const since = paced.nowMs;
    while (!paced.pace.isHot) {
      if (paced.read(0.01) !== 'later') tries++;
      paced.nowMs += 0.1;
    }
    expect(tries).toBe(3);
    expect(paced.nowMs - since).toBeLessThan(200);
  });
});

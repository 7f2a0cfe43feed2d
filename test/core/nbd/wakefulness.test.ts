import { beforeEach, expect, test } from 'vitest';
import { Wakefulness } from '../../../core/nbd/wakefulness.ts';

let nowMs: number;
let pending: (() => void) | undefined;
let wakefulness: Wakefulness;

beforeEach(() => {
  nowMs = 1000;
  pending = undefined;
  wakefulness = new Wakefulness(
    () => nowMs,
    (act) => {
      expect(pending).toBe(undefined);
      pending = act;
    },
  );
});

/** Requests come `pauseMs` behind the last; then the event loop goes round until nobody keeps it. Returns how long it was kept. */
function request(pauseMs: number): number {
  nowMs += pauseMs;
  wakefulness.note();
  return untilAsleep();
}

function untilAsleep(): number {
  const begunMs = nowMs;
  while (pending !== undefined) {
    const act = pending;
    pending = undefined;
    act();
    if (pending !== undefined) nowMs += 0.002;
  }
  return nowMs - begunMs;
}

test('a request that comes alone keeps nobody awake', () => {
  expect(request(0)).toBe(0);
  expect(request(10)).toBe(0);
});

test('requests that follow closely keep the loop awake for a moment, and no longer', () => {
  request(0);
  const keptMs = request(0.08);
  expect(keptMs).toBeGreaterThanOrEqual(0.05);
  expect(keptMs).toBeLessThan(0.06);
});

test('a pause now and then does not send it to sleep for good', () => {
  request(0);
  request(0.02);
  expect(request(5)).toBeGreaterThan(0);
  expect(request(0.02)).toBeGreaterThan(0);
});

test('after a row of long pauses it sleeps, until two requests come close together', () => {
  request(0);
  request(0.02);
  const kept = [1, 1, 1, 1, 1].map((pauseMs) => request(pauseMs) > 0);
  expect(kept).toEqual([true, true, true, false, false]);
  expect(request(0.02)).toBeGreaterThan(0);
});

test('requests that come while it looks do not make it look twice', () => {
  request(0);
  nowMs += 0.02;
  wakefulness.note();
  const first = pending;
  wakefulness.note();
  expect(pending).toBe(first);
  untilAsleep();
});

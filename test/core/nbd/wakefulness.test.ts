import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { command } from '../../../core/nbd/protocol.ts';
import { startNbdServer } from '../../../core/nbd/server.ts';
import { Wakefulness } from '../../../core/nbd/wakefulness.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { NbdTestClient } from '../../support/nbd-client.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

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

test.each([
  ['at once, tells of every request', false, 3],
  ['later, waits asleep until they have ended', true, 0],
])('a server whose device ends requests %s', async (_what, isSlow, notes) => {
  const folder = makeTempFolder();
  const note = vi.spyOn(Wakefulness.prototype, 'note');
  const exports = new Map([['', new MemoryDevice(4096, { isSlow })]]);
  const server = await startNbdServer({ socketPath: folder.at('nbd.sock'), exports });
  const client = await NbdTestClient.open(server.socketPath);
  onTestFinished(async () => {
    client.close();
    await server.close();
    note.mockRestore();
    folder.remove();
  });
  const before = note.mock.calls.length;
  for (let count = 0; count < 3; count++) await client.request({ type: command.read, lengthBytes: 512 });
  expect(note.mock.calls.length).toBe(before + notes);
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { MIB } from '../../../../core/base/units.ts';
import { ReadPace } from '../../../../core/disk/chain/read-pace.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { ColdFiles } from '../../../support/cold-files.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

const kib = 1024;

interface Cold {
  readonly files: ColdFiles;
  readonly device: SessionDevice;
  readonly content: Buffer;
}

/** An empty log of grains of 64 KiB over a base of which the first 4 MiB are filled. Later reads are held. */
async function coldChain(seed = 1): Promise<Cold> {
  const memory = new CrashingFiles();
  const files = new ColdFiles(memory);
  const random = new SeededRandom(seed);
  const content = Buffer.alloc(8 * MIB);
  const base = makeLink(memory, 'base', [16_384], { layer: memory });
  const filler = openDevice([base], { layer: memory });
  for (let at = 0; at < 4 * MIB; at += 4 * kib) content.set(random.bytes(4 * kib), at);
  await filler.write(0, [content.subarray(0, 4 * MIB)]);
  await filler.close();
  const log = makeLink(memory, 'log', [16_384], { layer: memory, parent: base, grainSectors: 128 });
  const device = openDevice([log, base], { layer: files, pace: new ReadPace(() => files.nowMs) });
  // The tables are read before, so that only data is cold.
  await device.read(0, new Uint8Array(1));
  files.isCold = true;
  onTestFinished(async () => {
    files.laterMs = () => 0;
    files.go();
    await device.close();
  });
  return { files, device, content };
}

/** Reads 4 KiB pieces of the second MiB until they go on in the thread pool, and two more. */
function goCold({ device }: Cold): Promise<void>[] {
  const pending: Promise<void>[] = [];
  for (let index = 0; index < 256 && pending.length < 3; index++) {
    const done = device.read(MIB + index * 4 * kib, new Uint8Array(4 * kib));
    if (done !== undefined) pending.push(done);
  }
  expect(pending).toHaveLength(3);
  return pending;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has ended after a few turns. */
async function hasEnded(promise: undefined | Promise<unknown>): Promise<boolean> {
  let ended = promise === undefined;
  void promise?.finally(() => {
    ended = true;
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  return ended;
}

describe('reads that are in no cache', () => {
  it('[W8] go on in the thread pool, together, once the first of a batch were slow', async () => {
    const cold = await coldChain();
    const { files, device, content } = cold;
    const before = files.readsAtOnce;
    const targets = Array.from({ length: 32 }, () => Buffer.alloc(4 * kib));
    const done = targets.map((target, index) => device.read(index * 12 * kib, target));
    const atOnce = files.readsAtOnce - before;
    expect([atOnce >= 3, atOnce <= 12]).toEqual([true, true]);
    expect(done.filter((one) => one === undefined)).toHaveLength(atOnce);
    expect(files.held).toHaveLength(32 - atOnce);
    files.go();
    await Promise.all(done.filter((one) => one !== undefined));
    targets.forEach((target, index) => {
      expect(target.equals(content.subarray(index * 12 * kib, index * 12 * kib + 4 * kib))).toBe(true);
    });
  });

  it('[W8] come back to being made at once when the cache is warm', async () => {
    const cold = await coldChain();
    const { files, device } = cold;
    const pending = goCold(cold);
    files.go();
    await Promise.all(pending);
    files.isCold = false;
    files.laterMs = () => 0;
    await expect
      .poll(() => {
        const batch = Array.from({ length: 8 }, (_, index) => device.read(index * 4 * kib, new Uint8Array(512)));
        return batch.every((done) => done === undefined);
      })
      .toBe(true);
  });

  it('[W4] hold up what would change their bytes, and nothing else', async () => {
    const cold = await coldChain();
    const { files, device } = cold;
    const pending = goCold(cold);
    const read = Buffer.alloc(64 * kib);
    const reading = device.read(2 * MIB, read);
    expect(reading).toBeDefined();
    // Whole grains, so that there is nothing to fill.
    const changing = device.write(2 * MIB, [new Uint8Array(64 * kib).fill(7)]);
    const elsewhere = device.write(3 * MIB, [new Uint8Array(64 * kib).fill(8)]);
    const flushed = device.flush();
    expect(elsewhere).toBeUndefined();
    expect(await hasEnded(flushed)).toBe(true);
    expect(await hasEnded(changing)).toBe(false);
    const after = Buffer.alloc(64 * kib);
    const readingAfter = device.read(2 * MIB, after);
    expect(await hasEnded(readingAfter)).toBe(false);
    while (!(await hasEnded(readingAfter))) files.go();
    await Promise.all([...pending, reading, changing]);
    expect(read.equals(cold.content.subarray(2 * MIB, 2 * MIB + 64 * kib))).toBe(true);
    expect(after.every((byte) => byte === 7)).toBe(true);
  });

  it('[W8] park a write that is to fill up a grain with them; others go on', async () => {
    const cold = await coldChain();
    const { files, device, content } = cold;
    const pending = goCold(cold);
    const first = device.write(3 * MIB + 100, [Buffer.from('first')]);
    const second = device.write(3 * MIB + 200, [Buffer.from('second')]);
    const inItsGrain = Buffer.alloc(300);
    const reading = device.read(3 * MIB, inItsGrain);
    const whole = device.write(2 * MIB, [new Uint8Array(64 * kib).fill(1)]);
    const empty = device.write(5 * MIB, [Buffer.from('nothing below')]);
    expect([whole, empty]).toEqual([undefined, undefined]);
    expect(await hasEnded(first)).toBe(false);
    while (!(await hasEnded(reading))) files.go();
    await Promise.all([...pending, first, second]);
    content.write('first', 3 * MIB + 100);
    content.write('second', 3 * MIB + 200);
    expect(inItsGrain.equals(content.subarray(3 * MIB, 3 * MIB + 300))).toBe(true);
    files.isCold = false;
    const grain = Buffer.alloc(64 * kib);
    await device.read(3 * MIB, grain);
    expect(grain.equals(content.subarray(3 * MIB, 3 * MIB + 64 * kib))).toBe(true);
  });

  it('are waited for by a close', async () => {
    const cold = await coldChain();
    const pending = goCold(cold);
    const closing = cold.device.close();
    expect(await hasEnded(closing)).toBe(false);
    cold.files.go();
    await closing;
    await Promise.all(pending);
  });
});

describe.each([1, 2, 3, 4])('[W1] [W4] requests that overlap in time, seed %i', (seed) => {
  it('read and write as if each had been done when it was made', { timeout: 60_000 }, async () => {
    const { files, device, content } = await coldChain(seed);
    const random = new SeededRandom(seed * 31);
    files.laterMs = () => random.below(4);
    const model = Buffer.from(content);
    const open: Promise<void>[] = [];
    for (let step = 0; step < 1500; step++) {
      if (step % 300 === 299) files.isCold = !files.isCold;
      const lengthBytes = 1 + random.below(random.pick([600, 5000, 100_000]));
      // Few places, so that they meet.
      const offsetBytes = Math.min(random.below(40) * 50_000 + random.below(3) * 513, 8 * MIB - lengthBytes);
      let done: undefined | Promise<void>;
      const kind = random.below(10);
      if (kind < 5) {
        const wanted = Buffer.from(model.subarray(offsetBytes, offsetBytes + lengthBytes));
        const target = Buffer.alloc(lengthBytes);
        const check = () => {
          if (!target.equals(wanted)) throw new Error(`step ${String(step)} read something else`);
        };
        done = device.read(offsetBytes, target)?.then(check);
        if (done === undefined) check();
      } else if (kind < 9) {
        const bytes = random.bytes(lengthBytes);
        model.set(bytes, offsetBytes);
        done = device.write(offsetBytes, [bytes]);
      } else {
        model.fill(0, offsetBytes, offsetBytes + lengthBytes);
        done = device.writeZeroes(offsetBytes, lengthBytes);
      }
      if (done !== undefined) open.push(done);
      if (random.below(40) === 0) await device.flush();
      if (random.below(12) === 0) await Promise.all(open.splice(0));
    }
    await Promise.all(open);
    files.isCold = false;
    const all = Buffer.alloc(8 * MIB);
    await device.read(0, all);
    expect(all.equals(model)).toBe(true);
    expect(files.mostTogether).toBeGreaterThan(2);
  });
});

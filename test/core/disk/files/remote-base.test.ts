import { describe, expect, it, onTestFinished } from 'vitest';
import { MIB } from '../../../../core/base/units.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { NotLocalError, whenLocal } from '../../../../core/disk/files/not-local.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { FakeRemote, withRemotes } from '../../../support/fake-remote.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

const kib = 1024;

interface Fixture {
  readonly remote: FakeRemote;
  readonly device: SessionDevice;
  readonly content: Buffer;
}

/** A local log of 64 KiB grains over a remote base: the base's headers are here, its tables and its data are not. */
async function overRemoteBase(seed = 1): Promise<Fixture> {
  const files = new CrashingFiles();
  const random = new SeededRandom(seed);
  const content = Buffer.alloc(32 * MIB);
  const base = makeLink(files, 'base', [65_536], { layer: files });
  const filler = openDevice([base], { layer: files });
  for (const at of [0, 2 * MIB, 20 * MIB]) {
    content.set(random.bytes(MIB), at);
    await filler.write(at, [content.subarray(at, at + MIB)]);
  }
  await filler.close();
  const log = makeLink(files, 'log', [65_536], { layer: files, parent: base, grainSectors: 128 });
  const path = base.files[0] as string;
  const remote = new FakeRemote(files.open(path, false));
  remote.isPrompt = true;
  const layer = withRemotes(files, new Map([[path, remote]]));
  const device = await whenLocal(() => openDevice([log, base], { layer }));
  remote.forget();
  remote.asked.length = 0;
  remote.isPrompt = false;
  onTestFinished(async () => {
    remote.isPrompt = true;
    remote.deliver();
    await device.close();
  });
  return { remote, device, content };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Delivers until all have ended. */
async function finish(remote: FakeRemote, ...promises: (undefined | Promise<unknown>)[]): Promise<void> {
  let isOver = false;
  const all = Promise.all(promises.filter((one) => one !== undefined)).finally(() => {
    isOver = true;
  });
  all.catch(() => undefined);
  while (!isOver) {
    remote.deliver();
    await turn();
  }
  await all;
}

async function turns(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn();
}

describe('a base that is not on this host', () => {
  it('[W9] has what is asked for fetched, tables first, and only that', async () => {
    const { remote, device, content } = await overRemoteBase();
    const target = Buffer.alloc(4 * kib);
    await finish(remote, device.read(20 * MIB, target));
    expect(target.equals(content.subarray(20 * MIB, 20 * MIB + 4 * kib))).toBe(true);
    expect(new Set(remote.asked).size).toBeLessThanOrEqual(3);
    // What is here by now is read at once.
    expect(device.read(20 * MIB, target)).toBeUndefined();
  });

  it('[W9] lets others go on, and lets those wait that touch the same bytes', async () => {
    const { remote, device } = await overRemoteBase();
    await finish(remote, device.read(4 * MIB, Buffer.alloc(512)), device.read(10 * MIB, Buffer.alloc(512)));
    const parked = Buffer.alloc(4 * kib);
    const reading = device.read(2 * MIB, parked);
    expect(reading).toBeDefined();
    await turns();
    expect(remote.waitingFor).toBe(1);
    const same = device.write(2 * MIB + 100, [new Uint8Array(64 * kib).fill(9)]);
    const other = device.write(5 * MIB, [new Uint8Array(64 * kib).fill(8)]);
    const otherRead = device.read(10 * MIB, Buffer.alloc(4 * kib));
    expect([other, otherRead]).toEqual([undefined, undefined]);
    await device.flush();
    let isWritten = false;
    void same?.then(() => {
      isWritten = true;
    });
    await turns();
    expect(isWritten).toBe(false);
    await finish(remote, reading, same);
    expect(parked.includes(9)).toBe(false);
    const after = Buffer.alloc(64 * kib);
    await finish(remote, device.read(2 * MIB + 100, after));
    expect(after.every((byte) => byte === 9)).toBe(true);
  });

  it('[W9] fills up a grain from there before the rest of it is written', async () => {
    const { remote, device, content } = await overRemoteBase();
    const [one, two] = [3000, 5000].map((at) => device.write(20 * MIB + at, [Buffer.from('abc')]));
    const zeroed = device.writeZeroes(2 * MIB + 10, 100 * kib);
    await finish(remote, one, two, zeroed);
    content.write('abc', 20 * MIB + 3000);
    content.write('abc', 20 * MIB + 5000);
    content.fill(0, 2 * MIB + 10, 2 * MIB + 10 + 100 * kib);
    const all = Buffer.alloc(content.length);
    await finish(remote, device.read(0, all));
    expect(all.equals(content)).toBe(true);
  });

  it('[W9] fails requests that need what does not come, each alone, until it comes', async () => {
    const { remote, device, content } = await overRemoteBase();
    await finish(remote, device.read(MIB, Buffer.alloc(512)));
    remote.failure = new RedoubtError('disk.io', 'The wire is down.', {
      file: remote.path,
      operation: 'fetch',
      errno: 'ENETDOWN',
    });
    const target = Buffer.alloc(4 * kib);
    const failing = [device.read(20 * MIB, target), device.write(20 * MIB + 100 * kib, [Buffer.from('abc')])];
    for (const one of failing)
      await expect(finish(remote, Promise.resolve(one))).rejects.toMatchObject({ details: { errno: 'ENETDOWN' } });
    expect(device.write(MIB, [new Uint8Array(64 * kib).fill(3)])).toBeUndefined();
    remote.failure = undefined;
    await finish(remote, device.read(20 * MIB, target));
    expect(target.equals(content.subarray(20 * MIB, 20 * MIB + 4 * kib))).toBe(true);
  });

  it('tells what is allocated once it has the tables', async () => {
    const { remote, device } = await overRemoteBase();
    const told = Promise.resolve(device.mapStatus(0, 4 * MIB, 10));
    await finish(remote, told);
    expect(await told).toEqual([
      { lengthBytes: MIB, isAllocated: true },
      { lengthBytes: MIB, isAllocated: false },
      { lengthBytes: MIB, isAllocated: true },
      { lengthBytes: MIB, isAllocated: false },
    ]);
  });

  it('gives up on what is fetched and never stays', async () => {
    let fetches = 0;
    const never = whenLocal(() => {
      throw new NotLocalError('far', () => {
        fetches++;
        return Promise.resolve();
      });
    });
    await expect(never).rejects.toMatchObject({ code: 'disk.io', details: { file: 'far' } });
    expect(fetches).toBeGreaterThan(100);
  });
});

describe.each([1, 2, 3])('[W1] [W9] requests that overlap over a remote base, seed %i', (seed) => {
  it('read and write as if each had been done when it was made', { timeout: 60_000 }, async () => {
    const { remote, device, content } = await overRemoteBase(seed);
    const random = new SeededRandom(seed * 77);
    const open: Promise<void>[] = [];
    for (let step = 0; step < 800; step++) {
      const lengthBytes = 1 + random.below(random.pick([600, 5000, 80_000]));
      const offsetBytes = random.below(24) * MIB + random.below(3) * 5000;
      let done: undefined | Promise<void>;
      if (random.below(2) === 0) {
        const wanted = Buffer.from(content.subarray(offsetBytes, offsetBytes + lengthBytes));
        const target = Buffer.alloc(lengthBytes);
        const check = () => {
          if (!target.equals(wanted)) throw new Error(`step ${String(step)} read something else`);
        };
        done = device.read(offsetBytes, target)?.then(check);
        if (done === undefined) check();
      } else {
        const bytes = random.bytes(lengthBytes);
        content.set(bytes, offsetBytes);
        done = device.write(offsetBytes, [bytes]);
      }
      if (done !== undefined) open.push(done);
      if (random.below(10) === 0) remote.deliver();
      if (random.below(5) === 0) await turn();
      if (random.below(100) === 0) remote.forget();
    }
    await finish(remote, ...open);
    const all = Buffer.alloc(content.length);
    await finish(remote, device.read(0, all));
    expect(all.equals(content)).toBe(true);
  });
});

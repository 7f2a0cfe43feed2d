import { describe, expect, it, vi } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import type { DiskFile, FileLayer } from '../../../../core/disk/files/disk-file.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

const grainBytes = 8192;
const filled = (value: number): Uint8Array[] => [new Uint8Array(grainBytes).fill(value)];

/** A base whose files have no room while `isFull`, and whose table sector at `lostBytes` can't be read alone. */
function setUp(spans = [4096]) {
  const files = new CrashingFiles();
  const base = makeLink(files, 'base', spans, { layer: files });
  const state: { isFull: boolean; lostBytes?: number } = { isFull: false };
  const narrow = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get: (target, name) => {
        if (name === 'write' && state.isFull)
          return () => {
            throw new RedoubtError('disk.no-space', 'no room', { file: target.path });
          };
        if (name === 'read' && state.lostBytes !== undefined)
          return (offsetBytes: number, bytes: Uint8Array) => {
            if (offsetBytes !== state.lostBytes || bytes.length !== 512) return target.read(offsetBytes, bytes);
            throw new RedoubtError('disk.io', 'lost', { file: target.path, operation: 'read', errno: 'EIO' });
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  const layer = new Proxy(files, {
    get: (target, name) => {
      if (name === 'open') return (path: string, isWritable: boolean) => narrow(target.open(path, isWritable));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as FileLayer;
  const writes = (): number =>
    files.events.splice(0).filter((event) => event.does === 'write' && (event.offsetBytes ?? 0) >= 20480).length;
  return { device: openDevice([base], { layer }), open: () => openDevice([base], { layer: files }), writes, state };
}

async function read(device: ReturnType<typeof setUp>['device'], offset: number): Promise<number[]> {
  const target = new Uint8Array(grainBytes);
  await device.read(offset, target);
  return [target[0] ?? -1, target.at(-1) ?? -1];
}

describe('[W10] writes that come together', () => {
  it('go into the file in one piece, wherever on the disk they lie', async () => {
    const { device, writes } = setUp();
    await device.write(0, filled(9));
    writes();
    device.gather();
    const pending = [7, 3, 99, 12].map((grain) => device.write(grain * grainBytes, filled(grain)));
    expect(pending.every((promise) => promise !== undefined)).toBe(true);
    device.carryOut();
    for (const promise of pending) await promise;
    expect(writes()).toBe(1);
    for (const grain of [7, 3, 99, 12]) expect(await read(device, grain * grainBytes)).toEqual([grain, grain]);
    await device.close();
  });

  it('are seen by who reads, writes over or flushes them before they are carried out', async () => {
    const { device } = setUp();
    device.gather();
    const first = device.write(5 * grainBytes, filled(5));
    const second = device.write(6 * grainBytes, filled(6));
    expect(await read(device, 5 * grainBytes)).toEqual([5, 5]);
    device.gather();
    const third = device.write(6 * grainBytes + 100, [Uint8Array.of(66)]);
    const fourth = device.write(8 * grainBytes, filled(8));
    await device.flush();
    device.carryOut();
    await Promise.all([first, second, third, fourth]);
    const target = new Uint8Array(102);
    await device.read(6 * grainBytes, target);
    expect([...target.subarray(99)]).toEqual([6, 66, 6]);
    expect(await read(device, 8 * grainBytes)).toEqual([8, 8]);
    await device.close();
  });

  it('all fail where there is no room, leave nothing, and can be tried again', async () => {
    const { device, state } = setUp();
    await device.write(0, filled(1));
    device.gather();
    const pending = [2, 4].map((grain) => device.write(grain * grainBytes, filled(grain)));
    state.isFull = true;
    device.carryOut();
    for (const promise of pending) await expect(promise).rejects.toMatchObject({ code: 'disk.no-space' });
    expect(await read(device, 2 * grainBytes)).toEqual([0, 0]);
    state.isFull = false;
    for (const grain of [4, 2]) await device.write(grain * grainBytes, filled(grain + 100));
    await device.flush();
    for (const grain of [4, 2]) expect(await read(device, grain * grainBytes)).toEqual([grain + 100, grain + 100]);
    expect(await read(device, 0)).toEqual([1, 1]);
    await device.close();
  });

  it('fail with a request that fails at once, and nobody misses their end', async () => {
    const { device, state } = setUp([2048, 2048, 2048]);
    for (const part of [0, 1]) await device.write(part * 2 ** 20, filled(1));
    await device.discard(2 ** 20, grainBytes);
    device.gather();
    state.isFull = true;
    expect(() => device.write(2 ** 19, [new Uint8Array(2 ** 21).fill(5)])).toThrow(RedoubtError);
    device.carryOut();
    await new Promise((resolve) => setImmediate(resolve));
    state.isFull = false;
    await device.write(2 ** 19, [new Uint8Array(2 ** 21).fill(5)]);
    expect(await read(device, 2 ** 20 - grainBytes)).toEqual([5, 5]);
    await device.close();
  });

  it('fail before space behind them in a freed row is looked for', async () => {
    const { device, state } = setUp();
    await device.write(0, [new Uint8Array(2 ** 21).fill(1)]);
    await device.discard(0, 2 ** 21);
    await device.flush();
    device.gather();
    const full = device.write(0, [new Uint8Array(2 ** 20).fill(2)]);
    state.isFull = true;
    const next = device.write(200 * grainBytes, filled(3));
    device.carryOut();
    for (const promise of [full, next]) await expect(promise).rejects.toMatchObject({ code: 'disk.no-space' });
    state.isFull = false;
    await device.write(200 * grainBytes, filled(3));
    await device.write(0, [new Uint8Array(2 ** 20).fill(2)]);
    expect(await read(device, 200 * grainBytes)).toEqual([3, 3]);
    expect(await read(device, 127 * grainBytes)).toEqual([2, 2]);
    expect(device.leaf.allocatedBytes()).toBe(129 * grainBytes);
    await device.close();
  });

  it('keep the space of what was entered, though what came behind it could not be', async () => {
    const { device, state } = setUp();
    await device.write(0, filled(1));
    await device.flush();
    device.gather();
    const pending = [3, 200, 201].map((grain) => device.write(grain * grainBytes, filled(grain)));
    // The second sector of the table: grains from 128 on.
    state.lostBytes = 6 * 512;
    device.carryOut();
    for (const promise of pending) await expect(promise).rejects.toMatchObject({ code: 'disk.io' });
    delete state.lostBytes;
    for (const grain of [50, 51, 52]) await device.write(grain * grainBytes, filled(grain));
    for (const grain of [50, 51, 52]) expect(await read(device, grain * grainBytes)).toEqual([grain, grain]);
    expect([
      [0, 0],
      [3, 3],
    ]).toContainEqual(await read(device, 3 * grainBytes));
    await device.close();
  });

  it('are written back in time, though a flush begins while they wait', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { device } = setUp();
      const many = new Uint8Array(2 ** 20);
      await device.write(0, [many.fill(1)]);
      device.gather();
      const waiting = device.write(200 * grainBytes, filled(2));
      for (let written = 0; written < 31; written++) void device.write(0, [many]);
      device.carryOut();
      await waiting;
      await new Promise((resolve) => setImmediate(resolve));
      expect(device.leaf.first.hasPending).toBe(true);
      await vi.advanceTimersByTimeAsync(5000);
      await new Promise((resolve) => setImmediate(resolve));
      expect(device.leaf.first.hasPending).toBe(false);
      await device.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('[T1] a TRIM that fails half-way', () => {
  it('loses nothing that is written afterwards', async () => {
    const { device, open, state } = setUp();
    await device.write(0, [new Uint8Array(2 ** 21).fill(1)]);
    await device.flush();
    state.lostBytes = 6 * 512;
    expect(() => device.discard(0, 2 ** 21)).toThrow(RedoubtError);
    delete state.lostBytes;
    await device.write(3 * grainBytes, filled(7));
    expect(await read(device, 3 * grainBytes)).toEqual([7, 7]);
    await device.close();
    const again = open();
    expect(await read(again, 3 * grainBytes)).toEqual([7, 7]);
    expect(await read(again, 200 * grainBytes)).toEqual([1, 1]);
    await again.close();
  });
});

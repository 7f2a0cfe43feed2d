import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import type { DiskFile, FileLayer } from '../../../../core/disk/disk-file.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

const grainBytes = 8192;
const filled = (value: number): Uint8Array[] => [new Uint8Array(grainBytes).fill(value)];

/** A base whose file has no room for large writes while `isFull`. */
function setUp() {
  const files = new CrashingFiles();
  const base = makeLink(files, 'base', [4096], { layer: files });
  const state = { isFull: false };
  const narrow = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get: (target, name) => {
        if (name === 'write' && state.isFull)
          return () => {
            throw new RedoubtError('disk.no-space', 'no room', { file: target.path });
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
  return { device: openDevice([base], { layer }), writes, state };
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
});

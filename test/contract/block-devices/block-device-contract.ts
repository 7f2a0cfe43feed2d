import { describe, expect, it, onTestFinished } from 'vitest';
import type { AllocationRun, BlockDevice } from '../../../core/disk/block-device.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

export interface DeviceUnderTest {
  /** A device for writing that reads as zeros, of at least 4 MiB; the suite closes it. */
  readonly make: () => BlockDevice | Promise<BlockDevice>;
}

const mostRuns = 10_000;

/** Every promise of block-device.ts that can be seen from outside. */
export function blockDeviceContract(name: string, { make }: DeviceUnderTest): void {
  describe(`${name}, as a block device`, () => {
    const open = async (): Promise<BlockDevice> => {
      const device = await make();
      onTestFinished(() => device.close());
      return device;
    };
    const read = async (device: BlockDevice, offsetBytes: number, lengthBytes: number): Promise<Buffer> => {
      const target = Buffer.alloc(lengthBytes, 0xee);
      await device.read(offsetBytes, target);
      return target;
    };
    /** The whole device's status, asked as often as it takes. */
    const statusOf = async (device: BlockDevice, runsEachTime: number): Promise<AllocationRun[]> => {
      const runs: AllocationRun[] = [];
      for (let at = 0; at < device.sizeBytes;) {
        for (const run of await device.mapStatus(at, device.sizeBytes - at, runsEachTime)) {
          runs.push(run);
          at += run.lengthBytes;
        }
      }
      return runs;
    };

    it('reads what was written, at any alignment, in any number of chunks', async () => {
      const device = await open();
      const random = new SeededRandom(20);
      const wanted = Buffer.alloc(device.sizeBytes);
      for (let round = 0; round < 60; round++) {
        const lengthBytes = 1 + random.below(random.pick([10, 600, 5000, 100_000]));
        const offsetBytes = random.below(device.sizeBytes - lengthBytes);
        const bytes = random.bytes(lengthBytes);
        const cut = random.below(lengthBytes);
        if (round % 5 === 4) {
          bytes.fill(0);
          await device.writeZeroes(offsetBytes, lengthBytes);
        } else {
          await device.write(offsetBytes, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        }
        wanted.set(bytes, offsetBytes);
        const from = Math.max(0, offsetBytes - 100);
        const around = Math.min(device.sizeBytes - from, lengthBytes + 200);
        expect((await read(device, from, around)).equals(wanted.subarray(from, from + around))).toBe(true);
      }
      await device.flush();
      expect((await read(device, 0, device.sizeBytes)).equals(wanted)).toBe(true);
    });

    it('keeps requests for the same bytes in order, though nobody waits', async () => {
      const device = await open();
      const pending: Promise<void>[] = [];
      const seen: Buffer[] = [];
      for (let value = 1; value <= 20; value++) {
        pending.push(Promise.resolve(device.write(1000 * value, [Buffer.alloc(30_000, value)])));
        const target = Buffer.alloc(1);
        seen.push(target);
        pending.push(Promise.resolve(device.read(1000 * value + 500, target)));
      }
      await Promise.all(pending);
      expect(seen.map((target) => target[0])).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('takes a range of no bytes', async () => {
      const device = await open();
      for (const at of [0, device.sizeBytes]) {
        await device.read(at, new Uint8Array(0));
        await device.write(at, []);
        await device.writeZeroes(at, 0);
        await device.discard(at, 0);
      }
    });

    it('has content of its own wherever it does not read as zeros, and says so', async () => {
      const device = await open();
      const random = new SeededRandom(21);
      for (let round = 0; round < 30; round++) {
        const lengthBytes = 1 + random.below(20_000);
        await device.write(random.below(device.sizeBytes - lengthBytes), [random.bytes(lengthBytes)]);
      }
      const runs = await statusOf(device, mostRuns);
      expect(runs.reduce((sum, run) => sum + run.lengthBytes, 0)).toBe(device.sizeBytes);
      expect(runs.some((run) => run.isAllocated)).toBe(true);
      let at = 0;
      for (const { lengthBytes, isAllocated } of runs) {
        const content = await read(device, at, lengthBytes);
        if (!isAllocated) expect(content.every((byte) => byte === 0)).toBe(true);
        at += lengthBytes;
      }
    });

    it('tells status in turn, never more than was asked for, and always something', async () => {
      const device = await open();
      const random = new SeededRandom(22);
      for (let at = 0; at < 2 ** 20; at += 65536) await device.write(at, [random.bytes(30_000)]);
      for (let round = 0; round < 50; round++) {
        const lengthBytes = 1 + random.below(2 ** 20);
        const offsetBytes = random.below(device.sizeBytes - lengthBytes);
        const maximumRuns = 1 + random.below(5);
        const runs = await device.mapStatus(offsetBytes, lengthBytes, maximumRuns);
        expect(runs.length).toBeGreaterThan(0);
        expect(runs.length).toBeLessThanOrEqual(maximumRuns);
        expect(runs.every((run) => run.lengthBytes > 0)).toBe(true);
        expect(runs.every((run, index) => run.isAllocated !== runs[index + 1]?.isAllocated)).toBe(true);
        expect(runs.reduce((sum, run) => sum + run.lengthBytes, 0)).toBeLessThanOrEqual(lengthBytes);
      }
    });

    it('tells the same whether asked for one run at a time or for many', async () => {
      const device = await open();
      const random = new SeededRandom(23);
      for (let round = 0; round < 20; round++)
        await device.write(random.below(device.sizeBytes - 9000), [random.bytes(9000)]);
      const joined = (runs: readonly AllocationRun[]): AllocationRun[] => {
        const all: AllocationRun[] = [];
        for (const run of runs) {
          const last = all.at(-1);
          if (last?.isAllocated !== run.isAllocated) all.push(run);
          else all[all.length - 1] = { ...last, lengthBytes: last.lengthBytes + run.lengthBytes };
        }
        return all;
      };
      expect(joined(await statusOf(device, 1))).toEqual(joined(await statusOf(device, mostRuns)));
    });

    it('closes as often as it is told to', async () => {
      const device = await make();
      await device.close();
      await device.close();
    });
  });
}

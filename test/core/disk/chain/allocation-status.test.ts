import { describe, expect, it, onTestFinished } from 'vitest';
import { MIB } from '../../../../core/base/units.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice, type TestDisk } from '../../../support/test-chain.ts';

const kib = 1024;

function open(files: CrashingFiles, disks: readonly TestDisk[]): SessionDevice {
  const device = openDevice(disks, { layer: files });
  onTestFinished(() => device.close());
  return device;
}

async function fill(files: CrashingFiles, disks: readonly TestDisk[], at: number, length: number): Promise<void> {
  const device = openDevice(disks, { layer: files });
  await device.write(at, [new Uint8Array(length).fill(7)]);
  await device.close();
}

/** Holes as negative lengths. */
async function told(device: SessionDevice, offsetBytes: number, lengthBytes: number, most = 100): Promise<number[]> {
  const runs = await device.mapStatus(offsetBytes, lengthBytes, most);
  return runs.map((run) => (run.isAllocated ? run.lengthBytes : -run.lengthBytes));
}

describe('allocation status', () => {
  it('[W5] takes all links together: a hole is what none of them has', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [65536], { layer: files });
    const middle = makeLink(files, 'middle', [65536], { layer: files, parent: base, grainSectors: 8 });
    const leaf = makeLink(files, 'leaf', [65536], { layer: files, parent: middle, grainSectors: 8 });
    await fill(files, [base], 0, 64 * kib);
    await fill(files, [middle, base], 64 * kib, 4 * kib);
    await fill(files, [leaf, middle, base], 32 * MIB - 4 * kib, 4 * kib);
    const device = open(files, [leaf, middle, base]);
    expect(await told(device, 0, 32 * MIB)).toEqual([68 * kib, -(32 * MIB - 72 * kib), 4 * kib]);
    expect(await told(device, 1000, 70 * kib, 1)).toEqual([68 * kib - 1000]);
    await device.writeZeroes(0, 4 * kib);
    await device.writeZeroes(MIB, 4 * kib);
    expect(await told(device, 0, 2 * MIB)).toEqual([68 * kib, -(2 * MIB - 68 * kib)]);
    await device.write(MIB, [new Uint8Array(100).fill(1)]);
    expect(await told(device, MIB, 8 * kib)).toEqual([4 * kib, -4 * kib]);
  });

  it('[W5] costs a bounded amount of work, however much is asked for', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [2 ** 21], { layer: files });
    const device = open(files, [base]);
    expect(await told(device, 0, 1024 * MIB)).toEqual([-256 * MIB]);
    expect(await told(device, 1024 * MIB - 512, 512)).toEqual([-512]);
  });
});

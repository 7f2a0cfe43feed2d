import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkLinkFiles } from '../../../../core/disk/check/check-link.ts';
import { Findings } from '../../../../core/disk/check/finding.ts';
import type { FileLayer } from '../../../../core/disk/files/disk-file.ts';
import { dialects, type DialectName } from '../../../../core/disk/formats/cowd/dialect.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeLink, openDevice, sizeBytesOf, type TestDisk } from '../../../support/test-chain.ts';

const grain = 8192;
const spans = [4096, 4000];

function filled(length: number, value: number): Uint8Array[] {
  return [new Uint8Array(length).fill(value)];
}

async function read(device: SessionDevice, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await device.read(offset, bytes);
  return bytes;
}

async function isAll(device: SessionDevice, offset: number, length: number, value: number): Promise<boolean> {
  return (await read(device, offset, length)).every((byte) => byte === value);
}

/** Everything that a check says of a link, notes on unused space left out. */
async function faultsOf(disk: TestDisk, layer?: FileLayer): Promise<string[]> {
  const findings = new Findings();
  const rights = { canKeep: true, canChange: true, canCut: true };
  await checkLinkFiles({ files: disk.files, rights, ...(layer === undefined ? {} : { layer }) }, findings);
  return findings
    .all()
    .filter(({ severity }) => severity !== 'info')
    .map(({ sentence }) => sentence);
}

describe('TRIM', () => {
  it('[T1] frees whole grains of a base, which read as zeros; parts of grains stay', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', spans);
    const device = openDevice([base]);
    await device.write(0, filled(10 * grain, 5));
    await device.discard(grain / 2, 4 * grain);
    expect(await isAll(device, 0, grain, 5)).toBe(true);
    expect(await isAll(device, grain, 3 * grain, 0)).toBe(true);
    expect(await isAll(device, 4 * grain, 6 * grain, 5)).toBe(true);
    expect(device.leaf.allocatedBytes()).toBe(7 * grain);
    await device.close();
    expect(await faultsOf(base)).toEqual([]);
  });

  it('[T1] frees the last grain of an extent, which may be shorter', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', [4001]);
    const device = openDevice([base]);
    const size = device.sizeBytes;
    await device.write(size - 512, filled(512, 5));
    await device.discard(size - 3 * grain, 3 * grain);
    expect(await isAll(device, size - 512, 512, 0)).toBe(true);
    await device.close();
  });

  it('[T2] frees nothing of a redo log under which a parent has something', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', spans);
    const lower = openDevice([base]);
    await lower.write(2 * grain, filled(100, 1));
    await lower.close();
    const log = makeLink(folder, 'log', spans, { parent: base, grainSectors: 8 });
    const device = openDevice([log, base]);
    await device.write(0, filled(6 * grain, 2));
    await device.discard(0, 6 * grain);
    expect(await isAll(device, 0, 2 * grain, 0)).toBe(true);
    expect(await isAll(device, 2 * grain, grain, 2)).toBe(true);
    expect(await isAll(device, 3 * grain, 3 * grain, 0)).toBe(true);
    await device.close();
  });

  it('[T3] uses freed space again, but only when no entry on the device names it', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [8192], { layer: files });
    const path = base.files[0] as string;
    const device = openDevice([base], { layer: files });
    const length = () => files.open(path, false).lengthBytes();
    await device.write(0, filled(8 * grain, 1));
    await device.flush();
    const full = length();
    await device.discard(0, 4 * grain);
    await device.write(100 * grain, filled(2 * grain, 2));
    expect(length()).toBe(full + 2 * grain);
    await device.flush();
    await device.write(200 * grain, filled(2 * grain, 3));
    await device.write(300 * grain, filled(2 * grain, 4));
    expect(length()).toBe(full + 2 * grain);
    await device.write(400 * grain, filled(grain, 5));
    expect(length()).toBe(full + 3 * grain);
    expect(await isAll(device, 200 * grain, 2 * grain, 3)).toBe(true);
    expect(await isAll(device, 100 * grain, 2 * grain, 2)).toBe(true);
    expect(await isAll(device, 0, 4 * grain, 0)).toBe(true);
    await device.close();
    expect(await faultsOf(base, files)).toEqual([]);
  });

  it('[T3] zeros in space that is used again are written', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [8192], { layer: files });
    const lower = openDevice([base], { layer: files });
    await lower.write(50 * grain, filled(grain, 7));
    await lower.close();
    const log = makeLink(files, 'log', [8192], { layer: files, parent: base, grainSectors: 16 });
    const device = openDevice([log, base], { layer: files });
    await device.write(0, filled(grain, 9));
    await device.discard(0, grain);
    await device.flush();
    await device.writeZeroes(50 * grain, grain);
    expect(await isAll(device, 50 * grain, grain, 0)).toBe(true);
    await device.close();
  });

  it('[T4] a file ends before what was freed at its end, and what is known to be free is not counted', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', [8192]);
    const empty = statSync(base.files[0] as string).size;
    const device = openDevice([base]);
    await device.write(0, filled(20 * grain, 1));
    await device.discard(5 * grain, grain);
    await device.discard(10 * grain, 10 * grain);
    expect(device.leaf.allocatedBytes()).toBe(9 * grain);
    await device.flush();
    expect(device.leaf.allocatedBytes()).toBe(9 * grain);
    await device.close();
    expect(statSync(base.files[0] as string).size).toBe(empty + 10 * grain);
    const again = openDevice([base]);
    await again.discard(0, again.sizeBytes);
    expect(again.leaf.isEmpty()).toBe(true);
    await again.close();
    expect(await faultsOf(base)).toEqual([]);
  });
});

describe('[T5] TRIM among all other work', { timeout: 60_000 }, () => {
  it.each([
    { seed: 1, dialect: 'hybrid', grains: [16, 8] },
    { seed: 2, dialect: 'ws3', grains: [128, 128] },
    { seed: 3, dialect: 'esx', grains: [1, 1] },
    { seed: 4, dialect: 'hybrid', grains: [8, 64] },
  ] as const)('seed $seed, $dialect: reads as a buffer does, and a check finds no fault', async (setup) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(setup.seed);
    const dialect = dialects[setup.dialect as DialectName];
    const spans = dialect.version === 1 ? [8096] : [4096, 4000];
    const base = makeLink(folder, 'base', spans, { dialect, grainSectors: setup.grains[0] });
    const size = sizeBytesOf(base);
    const flat = new Uint8Array(size);
    let disks = [base];
    let device = openDevice(disks);
    for (let step = 0; step < 1500; step++) {
      const unit = random.pick([512, 4096, grain]);
      const at = random.below(Math.floor(size / unit)) * unit;
      const length = Math.min(size - at, unit * (1 + random.below(40)));
      const what = random.below(100);
      if (what < 35) {
        const bytes = random.bytes(length);
        await device.write(at, [bytes]);
        flat.set(bytes, at);
      } else if (what < 40) {
        await device.writeZeroes(at, length);
        flat.fill(0, at, at + length);
      } else if (what < 70) {
        await device.discard(at, length);
        // A hint: what it has not zeroed must be as it was.
        const now = await read(device, at, length);
        for (let i = 0; i < length; i++)
          if (now[i] !== 0 && now[i] !== flat[at + i]) expect.fail(`step ${String(step)}, byte ${String(at + i)}`);
        flat.set(now, at);
      } else if (what < 90) {
        expect(Buffer.compare(await read(device, at, length), flat.subarray(at, at + length))).toBe(0);
      } else if (what < 96) {
        const flushed = device.flush();
        if (what < 93) await flushed;
      } else {
        await device.close();
        expect(await faultsOf(disks[0] as TestDisk)).toEqual([]);
        if (what === 99 && disks.length < 4) {
          const parent = disks[0] as TestDisk;
          const name = `log${String(disks.length)}`;
          disks = [makeLink(folder, name, spans, { parent, dialect, grainSectors: setup.grains[1] }), ...disks];
        }
        device = openDevice(disks);
      }
    }
    expect(Buffer.compare(await read(device, 0, size), flat)).toBe(0);
    await device.close();
    for (const disk of disks) expect(await faultsOf(disk)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { checkDescribed, type DescribedCheck } from '../../../../core/disk/check/check-described.ts';
import { Findings } from '../../../../core/disk/check/finding.ts';
import { repairVmdkFiles } from '../../../../core/disk/check/repair-vmdk.ts';
import { vmdkStructures } from '../../../../core/disk/check/vmdk-file.ts';
import { createVmdkFiles } from '../../../../core/disk/create/create-vmdk.ts';
import { readVmdk4Header } from '../../../../core/disk/formats/vmdk4/read-vmdk4-header.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { openDevice, type TestDisk } from '../../../support/test-chain.ts';

const mib = 2 ** 20;
const path = '/memory/disk.vmdk';
const disk: TestDisk = { files: [path], spansSectors: [(40 * mib) / 512] };

function checkOf(layer: CrashingFiles): DescribedCheck {
  return { files: disk.files, format: 'vmdk', rights: { canKeep: true, canChange: true, canCut: true }, layer };
}

async function makeDisk(entries: readonly (readonly ['first' | 'copy', number, number])[]): Promise<CrashingFiles> {
  const files = new CrashingFiles();
  createVmdkFiles(files, { files: disk.files, spansBytes: [40 * mib] }, 'ide');
  const device = openDevice([disk], { layer: files });
  for (const at of [0, 3, 20, 33, 39]) await device.write(at * mib, [new Uint8Array(100_000).fill(1 + at)]);
  await device.close();
  const file = files.open(path, true);
  const structures = vmdkStructures(file, readVmdk4Header(file));
  for (const [which, grain, value] of entries) {
    const structure = structures?.[which];
    const offset = (structure?.directory[Math.floor(grain / 512)] ?? 0) * 512 + (grain % 512) * 4;
    const sector = new Uint8Array(512);
    file.read(offset - (offset % 512), sector);
    const view = new DataView(sector.buffer);
    // Below 0: where the first grain lies.
    const first = new Uint32Array(1);
    file.read((structure?.directory[0] ?? 0) * 512, new Uint8Array(first.buffer));
    view.setUint32(offset % 512, value < 0 ? (first[0] as number) : value, true);
    file.write(offset - (offset % 512), [sector]);
  }
  file.syncNow();
  return files;
}

/** Where something was written, or an entry was changed. */
const places = [0, 3, 6, 20, 33, 37, 39];

async function contentOf(layer: CrashingFiles): Promise<Buffer> {
  const device = openDevice([disk], { layer, isWritable: false });
  const bytes = Buffer.alloc(places.length * mib);
  for (const [index, at] of places.entries())
    await device.read(at * mib, bytes.subarray(index * mib, (index + 1) * mib));
  await device.close();
  return bytes;
}

async function faultsOf(layer: CrashingFiles): Promise<string[]> {
  const findings = new Findings();
  await checkDescribed(checkOf(layer), findings);
  return findings
    .all()
    .filter(({ severity }) => severity !== 'info')
    .map(({ sentence }) => sentence);
}

const damages: Record<string, readonly (readonly ['first' | 'copy', number, number])[]> = {
  'a bad grain that the copy knows': [['first', 1, 0x7fff_fff0]],
  'a copy that says something else': [
    ['copy', 1, 0],
    ['copy', 600, 0x7fff_fff0],
  ],
  'two grains in one place': [
    ['first', 100, -1],
    ['copy', 100, -1],
  ],
};

describe('[K7] a repair of a hosted sparse disk that the power fails in', { timeout: 60_000 }, () => {
  it.each(Object.entries(damages))('%s: reads the same before, between and after', async (_name, entries) => {
    const random = new SeededRandom(5);
    for (let stop = 1; ; stop++) {
      const files = await makeDisk(entries);
      const before = await contentOf(files);
      const lost = new Error('power loss');
      let events = 0;
      let wasCut = false;
      files.fault = () => {
        if (++events >= stop) throw lost;
      };
      try {
        await repairVmdkFiles(checkOf(files), () => undefined);
      } catch (error) {
        if (events < stop) throw error;
        wasCut = true;
      }
      files.fault = () => undefined;
      if (wasCut) files.crash(random);
      expect((await contentOf(files)).equals(before), `stopped before event ${String(stop)}`).toBe(true);
      if (wasCut) await repairVmdkFiles(checkOf(files), () => undefined);
      expect((await contentOf(files)).equals(before)).toBe(true);
      expect(await faultsOf(files)).toEqual([]);
      if (!wasCut) {
        expect(stop).toBeGreaterThan(3);
        break;
      }
    }
  });
});

describe('[L3] a repair of a hosted sparse disk whose lock is broken', () => {
  it.each(Object.entries(damages))('%s: writes nothing more once it knows', async (_name, entries) => {
    for (let proofs = 0; ; proofs++) {
      const files = await makeDisk(entries);
      const before = await contentOf(files);
      const eventsBefore = files.events.length;
      let seen = 0;
      let eventsThen: number | undefined;
      const checkRight = (): void => {
        if (seen++ < proofs) return;
        eventsThen ??= files.events.length;
        throw new Error('the lock is gone');
      };
      const repair = repairVmdkFiles({ ...checkOf(files), checkRight }, () => undefined);
      const wasStopped = await repair.then(
        () => false,
        () => true,
      );
      if (wasStopped) expect(files.events.length).toBe(eventsThen);
      if (proofs === 0) expect(files.events.length).toBe(eventsBefore);
      expect((await contentOf(files)).equals(before)).toBe(true);
      if (wasStopped) continue;
      expect(proofs).toBeGreaterThan(1);
      break;
    }
  });
});

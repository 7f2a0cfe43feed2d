import { describe, expect, it } from 'vitest';
import { checkLinkFiles } from '../../../../core/disk/check/check-link.ts';
import { Findings } from '../../../../core/disk/check/finding.ts';
import type { FileLayer } from '../../../../core/disk/files/disk-file.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice, sizeBytesOf } from '../../../support/test-chain.ts';
import { judgeSectors, SectorHistory, stamped } from '../../../support/sector-history.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const SECTOR_BYTES = 512;

async function judgeAll(device: SessionDevice, history: SectorHistory): Promise<void> {
  const wrong = await judgeSectors(device, history);
  if (wrong !== undefined) expect.fail(wrong);
}

/** TRIM may zero what it likes; whatever reads as zeros now has been written as zeros. */
async function noteTrimmed(device: SessionDevice, history: SectorHistory, first: number, count: number): Promise<void> {
  const bytes = new Uint8Array(count * SECTOR_BYTES);
  await device.read(first * SECTOR_BYTES, bytes);
  const words = new Uint32Array(bytes.buffer);
  for (let index = 0; index < count; index++)
    if (words[(index * SECTOR_BYTES) / 4] === 0) history.write(first + index, 1, 0);
}

/** [K3] What a check calls an error. */
async function errorsOf(disk: readonly string[], layer: FileLayer): Promise<string[]> {
  const findings = new Findings();
  const rights = { canKeep: true, canChange: true, canCut: true };
  await checkLinkFiles({ files: disk, rights, layer }, findings);
  return findings
    .all()
    .filter(({ severity }) => severity === 'error')
    .map(({ sentence }) => sentence);
}

describe(
  '[F4] after a loss of power what was flushed is there, and the rest is old or new by whole sectors',
  { timeout: 60_000 },
  () => {
    it.each([
      { seed: 1, grains: [16, 8] },
      { seed: 2, grains: [16, 8] },
      { seed: 3, grains: [8, 64] },
      { seed: 4, grains: [64, 2] },
      { seed: 5, grains: [1, 1] },
      { seed: 6, grains: [8, 8], trims: true },
      { seed: 7, grains: [16, 4], trims: true },
      { seed: 8, grains: [1, 64], trims: true },
    ])('[T3] seed $seed, grains of $grains sectors, TRIM $trims', async ({ seed, grains, trims = false }) => {
      const random = new SeededRandom(seed);
      const files = new CrashingFiles();
      const spans = [1024, 640];
      const base = makeLink(files, 'base', spans, { layer: files, grainSectors: grains[0] as number });
      const filled = openDevice([base], { layer: files });
      const sectors = sizeBytesOf(base) / SECTOR_BYTES;
      const history = new SectorHistory(sectors);
      await filled.write(SECTOR_BYTES * 100, [stamped(900, 1)]);
      history.write(100, 900, 1);
      await filled.close();
      history.beginFlush()();
      const redo = makeLink(files, 'redo', spans, { layer: files, parent: base, grainSectors: grains[1] as number });

      let stamp = 1;
      for (let life = 0; life < 25; life++) {
        const device = openDevice([redo, base], { layer: files });
        await judgeAll(device, history);
        const steps = random.below(60);
        for (let step = 0; step < steps; step++) {
          const first = random.below(sectors);
          const count = Math.min(sectors - first, 1 + random.below(random.pick([1, 8, 100])));
          const what = random.below(10);
          if (trims && random.below(3) === 0) {
            const [at, length] = [first * SECTOR_BYTES, Math.min(sectors - first, count * 4) * SECTOR_BYTES];
            await device.discard(at, length);
            await noteTrimmed(device, history, first, length / SECTOR_BYTES);
          } else if (what < 6) {
            stamp++;
            await device.write(first * SECTOR_BYTES, [stamped(count, stamp)]);
            history.write(first, count, stamp);
          } else if (what < 8) {
            await device.writeZeroes(first * SECTOR_BYTES, count * SECTOR_BYTES);
            history.write(first, count, 0);
          } else {
            const settle = history.beginFlush();
            const flushed = device.flush().then(settle);
            if (what === 8) await flushed;
          }
        }
        if (random.below(4) === 0) {
          const settle = history.beginFlush();
          await device.close();
          settle();
        } else {
          files.crash(random);
          expect(await errorsOf(redo.files, files)).toEqual([]);
        }
      }
    });
  },
);

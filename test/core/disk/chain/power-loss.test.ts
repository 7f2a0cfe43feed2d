import { describe, expect, it } from 'vitest';
import type { SessionDevice } from '../../../../core/disk/session-device.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice, sizeBytesOf } from '../../../support/test-chain.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const SECTOR_BYTES = 512;

/** What a sector may hold after a crash: the stamp that was last flushed, or any that was written since. */
class SectorHistory {
  private readonly allowed: { order: number; stamp: number }[][];
  private order = 0;

  constructor(sectors: number) {
    this.allowed = Array.from({ length: sectors }, () => [{ order: 0, stamp: 0 }]);
  }

  write(first: number, count: number, stamp: number): void {
    this.order++;
    for (let sector = first; sector < first + count; sector++) this.allowed[sector]?.push({ order: this.order, stamp });
  }

  /** Returns what is to be called when a flush that begins now has ended: older states are impossible then. */
  beginFlush(): () => void {
    const { order } = this;
    return () => {
      for (const states of this.allowed) {
        const covered = states.filter((state) => state.order <= order).length;
        states.splice(0, covered - 1);
      }
    };
  }

  /** Whether a sector may hold this stamp; from now on it holds nothing else. */
  accepts(sector: number, stamp: number): boolean {
    const isAllowed = this.allowed[sector]?.some((state) => state.stamp === stamp) ?? false;
    this.allowed[sector] = [{ order: 0, stamp }];
    return isAllowed;
  }
}

function stamped(sectors: number, stamp: number): Uint8Array {
  return new Uint8Array(new Uint32Array((sectors * SECTOR_BYTES) / 4).fill(stamp).buffer);
}

async function judgeAll(device: SessionDevice, history: SectorHistory): Promise<void> {
  const all = new Uint8Array(device.sizeBytes);
  await device.read(0, all);
  for (let sector = 0; sector * SECTOR_BYTES < all.length; sector++) {
    const words = new Uint32Array(all.buffer, sector * SECTOR_BYTES, SECTOR_BYTES / 4);
    const stamp = words[0] as number;
    const isWhole = words.every((word) => word === stamp);
    if (!isWhole || !history.accepts(sector, stamp))
      expect.fail(`sector ${String(sector)} holds ${String(stamp)}${isWhole ? '' : ' in part'}`);
  }
}

/** TRIM may zero what it likes; whatever reads as zeros now has been written as zeros. */
async function noteTrimmed(device: SessionDevice, history: SectorHistory, first: number, count: number): Promise<void> {
  const bytes = new Uint8Array(count * SECTOR_BYTES);
  await device.read(first * SECTOR_BYTES, bytes);
  const words = new Uint32Array(bytes.buffer);
  for (let index = 0; index < count; index++)
    if (words[(index * SECTOR_BYTES) / 4] === 0) history.write(first + index, 1, 0);
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
        }
      }
    });
  },
);

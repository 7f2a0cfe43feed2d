import { statSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WINDOW_BYTES } from '../../../../core/disk/chain/window-shape.ts';
import { dialects, type DialectName } from '../../../../core/disk/formats/cowd/dialect.ts';
import { makeLink, openDevice, sizeBytesOf, type TestDisk } from '../../../support/test-chain.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

interface Setup {
  readonly seed: number;
  readonly dialect: DialectName;
  /** Of each new link in turn; the last is used for all further ones. All have one sum. */
  readonly spans: readonly (readonly number[])[];
  readonly grains?: readonly number[];
  readonly mapBytes?: number;
  /** Requests begin near multiples of that. */
  readonly around?: number;
}

const setups: Record<string, Setup> = {
  'one file a link': { seed: 1, dialect: 'hybrid', spans: [[9001]] },
  'equal segments': { seed: 2, dialect: 'hybrid', spans: [[4096, 4096, 777]] },
  'segments of a child that differ from the parent': {
    seed: 3,
    dialect: 'hybrid',
    spans: [[4096, 4096, 777], [2048, 6000, 921], [8969]],
  },
  'grains of all sizes': { seed: 4, dialect: 'hybrid', spans: [[4096, 4096, 777]], grains: [16, 2, 64, 1, 8, 128] },
  'boundaries that fit no grain': {
    seed: 5,
    dialect: 'hybrid',
    spans: [[1003, 5005, 2000], [3000, 5008], [8008]],
    grains: [16, 8, 32, 1],
  },
  'a map that forgets': { seed: 6, dialect: 'hybrid', spans: [[12288, 4096]], mapBytes: 600 },
  'several windows and their borders': {
    seed: 10,
    dialect: 'hybrid',
    spans: [[20000, 18001]],
    grains: [16, 8, 64],
    mapBytes: 30000,
    around: WINDOW_BYTES,
  },
  'dialect ws3': { seed: 7, dialect: 'ws3', spans: [[4096, 4096, 777]] },
  'dialect esx': { seed: 8, dialect: 'esx', spans: [[8969]] },
  'dialect vmware2': { seed: 9, dialect: 'vmware2', spans: [[8969]] },
};

/** Content and both times of a file: what must not change below a child. */
function fingerprint(path: string): string {
  const { mtimeMs, ctimeMs, size } = statSync(path, { bigint: false });
  return [path, mtimeMs, ctimeMs, size, createHash('sha256').update(readFileSync(path)).digest('hex')].join(' ');
}

describe('[W1] a chain under random work reads as a flat buffer would', { timeout: 60_000 }, () => {
  it.each(Object.entries(setups))('%s', async (_name, setup) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(setup.seed);
    const newLink = (depth: number, parent?: TestDisk): TestDisk => {
      const spans = setup.spans[Math.min(depth, setup.spans.length - 1)] ?? [];
      const grainSectors = setup.grains?.[depth % setup.grains.length];
      return makeLink(folder, `link${String(depth)}`, spans, {
        dialect: dialects[setup.dialect],
        ...(parent === undefined ? {} : { parent }),
        ...(grainSectors === undefined ? {} : { grainSectors }),
      });
    };
    const options = setup.mapBytes === undefined ? {} : { mapBytes: setup.mapBytes };

    let disks = [newLink(0)];
    const size = sizeBytesOf(disks[0] as TestDisk);
    const flat = new Uint8Array(size);
    let parents: string[] = [];
    let device = openDevice(disks, options);
    const waiting: Promise<void>[] = [];
    const range = (): { at: number; length: number } => {
      const unit = random.pick([1, 512, 4096]);
      const centre =
        setup.around === undefined
          ? 0
          : Math.max(0, setup.around * random.below(Math.ceil(size / setup.around)) - 65536);
      const reach = setup.around === undefined ? size : 131072;
      const at = Math.min(size - 1, centre + random.below(Math.ceil(reach / unit)) * unit);
      const length = Math.min(size - at, unit * (1 + random.below(random.pick([2, 8, unit === 1 ? 9000 : 64]))));
      return { at, length };
    };
    try {
      for (let step = 0; step < 700; step++) {
        const what = random.below(100);
        const { at, length } = range();
        if (what < 40) {
          const bytes = what < 4 ? new Uint8Array(length) : random.bytes(length);
          const cut = random.below(length);
          if (random.below(2) === 0) device.gather();
          const written = device.write(at, cut === 0 ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)]);
          if (written !== undefined) waiting.push(written);
          flat.set(bytes, at);
          if (random.below(3) === 0) {
            device.carryOut();
            await Promise.all(waiting.splice(0));
          }
        } else if (what < 48) {
          await device.writeZeroes(at, length);
          flat.fill(0, at, at + length);
        } else if (what < 90) {
          const target = new Uint8Array(length);
          await device.read(at, target);
          expect(
            Buffer.compare(target, flat.subarray(at, at + length)),
            `step ${String(step)}: ${String(length)} bytes at ${String(at)}`,
          ).toBe(0);
        } else if (what < 95) {
          device.carryOut();
          const flushed = device.flush();
          if (random.below(2) === 0) await flushed;
          else {
            const bytes = random.bytes(length);
            await device.write(at, [bytes]);
            flat.set(bytes, at);
            await Promise.all([flushed, device.flush()]);
          }
        } else if (what < 98 || disks.length > 7) {
          await device.close();
          device = openDevice(disks, options);
        } else {
          await device.close();
          disks = [newLink(disks.length, disks[0]), ...disks];
          device = openDevice(disks, options);
          parents = disks
            .slice(1)
            .flatMap((disk) => disk.files)
            .map(fingerprint);
        }
      }
      const all = new Uint8Array(size);
      await device.read(0, all);
      expect(Buffer.compare(all, flat)).toBe(0);
      expect(disks.length).toBeGreaterThan(2);
    } finally {
      await device.close();
    }
    expect(
      disks
        .slice(1)
        .flatMap((disk) => disk.files)
        .map(fingerprint),
    ).toEqual(parents);

    const reopened = openDevice(disks, { ...options, isWritable: false });
    const all = new Uint8Array(size);
    await reopened.read(0, all);
    await reopened.close();
    expect(Buffer.compare(all, flat)).toBe(0);
  });
});

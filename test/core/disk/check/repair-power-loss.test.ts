import { describe, expect, it } from 'vitest';
import { Findings } from '../../../../core/disk/check/finding.ts';
import { checkLinkFiles } from '../../../../core/disk/check/check-link.ts';
import { repairLinkFiles } from '../../../../core/disk/check/repair-link.ts';
import { dialects } from '../../../../core/disk/formats/cowd/dialect.ts';
import { readHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import type { DiskFile } from '../../../../core/disk/files/disk-file.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeLink, openDevice, type TestDisk } from '../../../support/test-chain.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const rights = { canKeep: true, canChange: true, canCut: true };
const spans = [30_000, 9000];

/** A disk of two files with data in both, and a word of the second changed at `damage`. */
async function damagedDisk(damage: (words: Words) => void): Promise<{ files: CrashingFiles; disk: TestDisk }> {
  const files = new CrashingFiles();
  const disk = makeLink(files, 'disk', spans, { layer: files, dialect: dialects.ws3, grainSectors: 8 });
  const device = openDevice([disk], { layer: files });
  for (const sector of [0, 5000, 20_000, 30_500, 31_000, 34_000, 38_000])
    await device.write(sector * 512, [new Uint8Array(10_000).fill(1 + (sector % 250))]);
  await device.close();
  const file = files.open(disk.files[1] as string, true);
  const { directorySector } = readHeader(file);
  const get = (offset: number) => {
    const word = new Uint32Array(1);
    file.read(offset, new Uint8Array(word.buffer));
    return word[0] as number;
  };
  const set = (offset: number, value: number) => {
    const sector = new Uint8Array(512);
    file.read(offset - (offset % 512), sector);
    new DataView(sector.buffer).setUint32(offset % 512, value, true);
    file.write(offset - (offset % 512), [sector]);
  };
  damage({
    get,
    set,
    directory: (table) => directorySector * 512 + table * 4,
    grain: (grain) => get(directorySector * 512 + Math.floor(grain / 512) * 4) * 512 + (grain % 512) * 4,
  });
  file.syncNow();
  return { files, disk };
}

interface Words {
  readonly get: (offset: number) => number;
  readonly set: (offset: number, value: number) => void;
  /** Offset of a directory entry, and of a grain's entry. */
  readonly directory: (table: number) => number;
  readonly grain: (grain: number) => number;
}

async function contentOf(files: CrashingFiles, disk: TestDisk): Promise<Buffer> {
  const device = openDevice([disk], { layer: files, isWritable: false });
  const bytes = Buffer.alloc(device.sizeBytes);
  await device.read(0, bytes);
  await device.close();
  return bytes;
}

async function problems(files: CrashingFiles, disk: TestDisk): Promise<string[]> {
  const findings = new Findings();
  await checkLinkFiles({ files: disk.files, rights, layer: files }, findings);
  return findings
    .all()
    .filter(({ severity }) => severity !== 'info')
    .map(({ sentence }) => sentence);
}

/** Repairs with the power failing before the `stop`th event; false if it ended before. */
async function repairUntil(files: CrashingFiles, disk: TestDisk, stop: number): Promise<boolean> {
  const lost = new Error('power loss');
  let events = 0;
  files.fault = () => {
    if (++events === stop) throw lost;
  };
  try {
    await repairLinkFiles({ files: disk.files, rights, layer: files }, () => undefined);
    return false;
  } catch (error) {
    if (error !== lost) throw error;
    return true;
  } finally {
    files.fault = () => undefined;
  }
}

const harmless: Record<string, (words: Words) => void> = {
  'two grains in one place': ({ get, set, grain }) => {
    set(grain(100), get(grain(125)));
    set(grain(101), get(grain(126)) + 4);
  },
  'two tables in one place': ({ get, set, directory }) => {
    set(directory(1), get(directory(0)));
  },
  'a grain over a table, and books left open': ({ get, set, grain, directory }) => {
    const [first, second] = [get(directory(0)), get(directory(1))];
    set(directory(0), second);
    set(directory(1), first);
    set(grain(101), second);
    set(grain(100), get(grain(102)));
    set(8, get(8) & ~2);
  },
};

describe('[K7] a repair that the power fails in', { timeout: 60_000 }, () => {
  it.each(Object.entries(harmless))(
    '%s: what can be read reads the same before, between and after',
    async (_, harm) => {
      const random = new SeededRandom(7);
      for (let stop = 1; ; stop++) {
        const { files, disk } = await damagedDisk(harm);
        const before = await contentOf(files, disk);
        const wasCut = await repairUntil(files, disk, stop);
        if (wasCut) files.crash(random);
        expect((await contentOf(files, disk)).equals(before), `stopped before event ${String(stop)}`).toBe(true);
        if (wasCut) await repairLinkFiles({ files: disk.files, rights, layer: files }, () => undefined);
        expect((await contentOf(files, disk)).equals(before)).toBe(true);
        expect(await problems(files, disk)).toEqual([]);
        if (!wasCut) {
          expect(stop).toBeGreaterThan(5);
          break;
        }
      }
    },
  );

  it('an entry that leads nowhere is cleared after it was kept and the link has its new identity', async () => {
    const random = new SeededRandom(8);
    for (let stop = 1; ; stop++) {
      const { files, disk } = await damagedDisk(({ set, grain }) => {
        set(grain(125), 0x7fff_fff0);
      });
      const idOf = () => readHeader(files.open(disk.files[0] as string, false)).record?.contentId;
      const before = idOf();
      const wasCut = await repairUntil(files, disk, stop);
      if (wasCut) files.crash(random);
      const isCleared = (await problems(files, disk)).every((sentence) => !sentence.includes('grain 125'));
      if (isCleared) expect(idOf()).not.toBe(before);
      if (wasCut) await repairLinkFiles({ files: disk.files, rights, layer: files }, () => undefined);
      expect(await problems(files, disk)).toEqual([]);
      expect(idOf()).not.toBe(before);
      if (!wasCut) break;
    }
  });
});

/** Files in which one place can't be read from the `nth` read of it on, for as long as `isFailing`. */
class UnreadableFiles extends CrashingFiles {
  isFailing = true;
  private reads = 0;

  constructor(
    private readonly nth: number,
    private readonly isHit: (path: string, offsetBytes: number) => boolean,
  ) {
    super();
  }

  override open(path: string, isWritable: boolean): DiskFile {
    const file = super.open(path, isWritable);
    return {
      ...file,
      read: (offsetBytes, target) => {
        if (this.isFailing && this.isHit(path, offsetBytes) && ++this.reads >= this.nth)
          throw new RedoubtError('disk.io', 'unreadable', { file: path, operation: 'read', errno: 'EIO' });
        return file.read(offsetBytes, target);
      },
    };
  }
}

describe('[K5] a table that the host stops reading in the middle of a repair', () => {
  it('keeps the grains that only it knows: nothing is cut off', async () => {
    for (let nth = 1; nth <= 6; nth++) {
      let hit = -1;
      const files = new UnreadableFiles(nth, (_path, offsetBytes) => offsetBytes === hit);
      const disk = makeLink(files, 'disk', [30_000], { layer: files, dialect: dialects.ws3, grainSectors: 8 });
      const device = openDevice([disk], { layer: files });
      for (const sector of [0, 5000, 29_000]) await device.write(sector * 512, [new Uint8Array(10_000).fill(7)]);
      await device.flush();
      const before = await contentOf(files, disk);
      const file = files.open(disk.files[0] as string, false);
      const word = new Uint32Array(1);
      file.read(readHeader(file).directorySector * 512 + Math.floor(29_000 / 8 / 512) * 4, new Uint8Array(word.buffer));
      hit = (word[0] as number) * 512;
      await repairLinkFiles({ files: disk.files, rights, layer: files }, () => undefined);
      files.isFailing = false;
      expect((await contentOf(files, disk)).equals(before), `from read ${String(nth)} on`).toBe(true);
    }
  });
});

describe('[K7] a repair after a flush that was killed half-way', { timeout: 60_000 }, () => {
  it('cuts off only what no entry on the device names', async () => {
    const random = new SeededRandom(9);
    for (let stop = 1; ; stop++) {
      const files = new CrashingFiles();
      const disk = makeLink(files, 'disk', [30_000], { layer: files, dialect: dialects.ws3, grainSectors: 8 });
      const device = openDevice([disk], { layer: files });
      for (const sector of [0, 5000, 20_000]) await device.write(sector * 512, [new Uint8Array(8192).fill(7)]);
      await device.flush();
      await device.discard(20_000 * 512, 8192);
      let syncs = 0;
      files.fault = ({ does }) => {
        if (does === 'sync-begins' && ++syncs === 2) throw new Error('killed');
      };
      await expect(device.flush()).rejects.toThrow();
      const wasCut = await repairUntil(files, disk, stop);
      if (wasCut) files.crash(random);
      await contentOf(files, disk);
      if (!wasCut) break;
    }
  });
});

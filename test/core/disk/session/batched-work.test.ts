import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { ReadPace } from '../../../../core/disk/chain/read-pace.ts';
import type { DiskFile, FileLayer } from '../../../../core/disk/files/disk-file.ts';
import type { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { ColdFiles } from '../../../support/cold-files.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';

const SECTOR_BYTES = 512;
const WORDS = SECTOR_BYTES / 4;
const sectors = 5048;

function stamped(stamp: number, count: number): Uint8Array {
  return new Uint8Array(new Uint32Array(count * WORDS).fill(stamp).buffer);
}

/** What each sector reads, by the request that last changed it: a stamp that fills it, or zeros. */
class Expected {
  readonly stamps = new Uint32Array(sectors);
  /** The request; 0: none that could have failed. */
  readonly changedBy = new Uint32Array(sectors);
  /** Trimmed since: it may read as zeros instead. */
  readonly mayBeZero = new Uint8Array(sectors);

  change(first: number, count: number, stamp: number, request: number): void {
    this.stamps.fill(stamp, first, first + count);
    this.changedBy.fill(request, first, first + count);
    this.mayBeZero.fill(0, first, first + count);
  }

  /** As it is now, for a read whose answer comes later. */
  part(first: number, count: number): (bytes: Uint8Array, failed: ReadonlySet<number>) => string | undefined {
    const range = [first, first + count] as const;
    const [stamps, changedBy] = [this.stamps.slice(...range), this.changedBy.slice(...range)];
    const mayBeZero = this.mayBeZero.slice(...range);
    return (bytes, failed) => {
      const words = new Uint32Array(bytes.slice().buffer);
      for (let index = 0; index < count; index++) {
        // What failed may be there, in part or not at all.
        if (failed.has(changedBy[index] as number)) continue;
        const sector = words.subarray(index * WORDS, (index + 1) * WORDS);
        const [found = -1] = sector;
        const isWhole = sector.every((word) => word === found);
        if (isWhole && (found === stamps[index] || (mayBeZero[index] === 1 && found === 0))) continue;
        return `sector ${String(first + index)} holds ${String(found)}${isWhole ? '' : ' in part'}, not ${String(stamps[index])}`;
      }
      return undefined;
    };
  }

  /** Nothing is open any more: what is there now is what stays. Where a request failed a sector is still whole. */
  takeOver(bytes: Uint8Array): string | undefined {
    const words = new Uint32Array(bytes.buffer);
    for (let sector = 0; sector < sectors; sector++) {
      const [found = 0] = words.subarray(sector * WORDS);
      if (words.subarray(sector * WORDS, (sector + 1) * WORDS).some((word) => word !== found))
        return `sector ${String(sector)} is torn`;
      this.change(sector, 1, found, 0);
    }
    return undefined;
  }
}

/** Files that are cold now and then, whose syncs take a while, and whose writes find no room in some percent of cases. */
class HardFiles implements FileLayer {
  readonly cold: ColdFiles;
  percentWithoutRoom = 0;
  private readonly random: SeededRandom;

  constructor(files: CrashingFiles, random: SeededRandom) {
    this.random = random;
    this.cold = new ColdFiles(files);
    this.cold.laterMs = () => random.below(3);
  }

  open(path: string, isWritable: boolean): DiskFile {
    const file = this.cold.open(path, isWritable);
    return {
      ...file,
      sync: async () => {
        const ms = this.random.below(3);
        if (ms > 0) await sleep(ms);
        await file.sync();
      },
      write: (offsetBytes, chunks) => {
        if (this.percentWithoutRoom > 0 && this.random.below(100) < this.percentWithoutRoom)
          throw new RedoubtError('disk.no-space', 'full', { file: path });
        file.write(offsetBytes, chunks);
      },
    };
  }

  create(path: string): DiskFile {
    return this.cold.create(path);
  }

  rename(from: string, to: string): void {
    this.cold.rename(from, to);
  }

  remove(path: string): void {
    this.cold.remove(path);
  }

  syncDirectory(path: string): void {
    this.cold.syncDirectory(path);
  }
}

/** One guest: sends requests without waiting, and compares what comes back. */
class Guest {
  readonly expected = new Expected();
  readonly failed = new Set<number>();
  pending: Promise<void>[] = [];
  wrong: string | undefined;
  private lastRequest = 0;
  private readonly random: SeededRandom;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  send(device: SessionDevice): void {
    const { random, expected } = this;
    const request = ++this.lastRequest;
    const count = 1 + random.below(random.below(8) === 0 ? 2500 : 40);
    const first = random.below(sectors - count);
    const [offset, length] = [first * SECTOR_BYTES, count * SECTOR_BYTES];
    const kind = random.below(10);
    if (kind < 5) {
      expected.change(first, count, request, request);
      const bytes = stamped(request, count);
      this.follow(request, () => device.write(offset, [bytes.subarray(0, SECTOR_BYTES), bytes.subarray(SECTOR_BYTES)]));
    } else if (kind < 6) {
      expected.change(first, count, 0, request);
      this.follow(request, () => device.writeZeroes(offset, length));
    } else if (kind < 7) {
      expected.mayBeZero.fill(1, first, first + count);
      this.follow(request, () => device.discard(offset, length));
    } else if (kind < 8) {
      this.follow(request, () => device.flush());
    } else {
      const judge = expected.part(first, count);
      const bytes = new Uint8Array(length);
      this.follow(request, async () => {
        await device.read(offset, bytes);
        // Writes that were sent before and wait for `carryOut` may still fail.
        await sleep(0);
        this.wrong ??= judge(bytes, this.failed);
      });
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.pending);
    this.pending = [];
  }

  /** Reads everything after the last request has ended. */
  async judgeAll(device: SessionDevice): Promise<void> {
    const bytes = new Uint8Array(sectors * SECTOR_BYTES);
    await device.read(0, bytes);
    this.wrong ??= this.expected.part(0, sectors)(bytes, this.failed) ?? this.expected.takeOver(bytes);
  }

  private follow(request: number, act: () => undefined | Promise<void>): void {
    const note = (error: unknown): void => {
      if (!(error instanceof RedoubtError)) throw error;
      this.failed.add(request);
    };
    try {
      const promise = act();
      if (promise !== undefined) this.pending.push(promise.catch(note));
    } catch (error) {
      note(error);
    }
  }
}

async function workInBatches(
  device: SessionDevice,
  guest: Guest,
  files: HardFiles,
  random: SeededRandom,
): Promise<void> {
  for (let batch = 0; batch < 40; batch++) {
    files.cold.isCold = random.below(2) === 0;
    files.percentWithoutRoom = random.below(4) === 0 ? 30 : 0;
    if (random.below(4) > 0) device.gather();
    for (let left = random.below(12); left >= 0; left--) guest.send(device);
    device.carryOut();
    if (random.below(3) === 0) await guest.settle();
    else if (random.below(2) === 0) await sleep(1);
  }
}

describe('[W1] [W8] [W10] [F5] batches of requests that nobody waits for', { timeout: 60_000 }, () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i: read as if each had been alone, with cold files and no room', async (seed) => {
    const random = new SeededRandom(seed);
    const memory = new CrashingFiles();
    const base = makeLink(memory, 'base', [2048, 3000], { layer: memory });
    const log = makeLink(memory, 'log', [3000, 2048], {
      parent: base,
      layer: memory,
      grainSectors: random.pick([8, 16, 32]),
    });
    const guest = new Guest(random);
    const filler = openDevice([base], { layer: memory });
    for (let index = 0; index < 20; index++) guest.send(filler);
    await guest.settle();
    await filler.close();
    for (let session = 0; session < 3; session++) {
      const files = new HardFiles(memory, random);
      const device = openDevice([log, base], { layer: files, pace: new ReadPace(() => files.cold.nowMs) });
      await workInBatches(device, guest, files, random);
      files.percentWithoutRoom = 0;
      // A device is closed with requests under way, too.
      if (random.below(2) === 0) await guest.settle();
      files.cold.isCold = false;
      await device.close();
      await guest.settle();
      const again = openDevice([log, base], { isWritable: false, layer: memory });
      await guest.judgeAll(again);
      await again.close();
      expect(guest.wrong).toBeUndefined();
    }
  });
});

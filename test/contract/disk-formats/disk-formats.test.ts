import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KIB, MIB } from '../../../core/base/units.ts';
import { Chain } from '../../../core/disk/chain/chain.ts';
import type { CommitPoint } from '../../../core/disk/commit/commit-steps.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { identifyFile } from '../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import type { BlockDevice } from '../../../core/disk/block-device.ts';
import { openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../../core/disk/session/session-device.ts';
import { settleChain } from '../../../core/disk/commit/settle.ts';
import type { SessionRequest } from '../../../core/disk/session/session.ts';
import { inSession, read } from '../../support/disk-kit.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { diskKinds, type MakeDisk } from './disk-kinds.ts';

const sizeBytes = 9 * MIB + 512 * 77;

const points: readonly CommitPoint[] = [
  'journal',
  'child-recorded',
  'parent-marked',
  'copying',
  'copied',
  'parent-clean',
  'unmarked',
  'nested',
  'done',
  'removed',
];

class Stop extends Error {}

/** A disk, the logs over it, and for each of them what it must read. */
class Bench {
  readonly file: string;
  /** From the base to the leaf. */
  readonly links: { file: string; content: Buffer }[];
  private readonly folder: TempFolder;
  private readonly random: SeededRandom;

  private constructor(folder: TempFolder, file: string, seed: number) {
    this.folder = folder;
    this.file = file;
    this.random = new SeededRandom(seed);
    this.links = [{ file, content: Buffer.alloc(sizeBytes) }];
  }

  static async make(folder: TempFolder, make: MakeDisk, seed: number): Promise<Bench> {
    return new Bench(folder, await make(folder, sizeBytes), seed);
  }

  get context() {
    return { trustedPaths: [this.file], settingsDirectory: this.folder.at('settings') };
  }

  get leaf() {
    return this.links.at(-1) as { file: string; content: Buffer };
  }

  async nest(): Promise<void> {
    const { file, content } = this.leaf;
    const made = await createRedoLog({ parent: file, randomSuffix: false, context: this.context });
    this.links.push({ file: made.file, content: Buffer.from(content) });
  }

  /** A session on the leaf, with random work that is compared on the way. */
  async work(steps: number): Promise<void> {
    const { content } = this.leaf;
    const below = this.links.at(-2)?.file;
    const request: SessionRequest =
      below === undefined
        ? { file: this.file, mode: 'persistent', context: this.context }
        : { file: below, redo: this.leaf.file, mode: 'undoable', context: this.context };
    await inSession(request, async (device) => {
      expect(device.sizeBytes).toBe(sizeBytes);
      for (let step = 0; step < steps; step++) await this.step(device, content, step);
      await this.compare(device, content);
    });
  }

  async check(): Promise<void> {
    const { file, content } = this.leaf;
    const { links } = await inspectChain(file, this.context);
    expect(links.map(({ state }) => state)).toEqual(this.links.map(() => 'clean'));
    const { file: redo } = await createRedoLog({
      parent: file,
      randomSuffix: true,
      directory: this.folder.path,
      context: this.context,
    });
    await inSession({ file, redo, mode: 'nonpersistent', context: this.context }, (device) =>
      this.compare(device, content),
    );
    expect(existsSync(redo)).toBe(false);
  }

  /** Reads the leaf without writing anything, locks and journals included. */
  async look(): Promise<void> {
    const { file, content } = this.leaf;
    const device = new SessionDevice(new Chain(openLinks(await resolveChain(file, this.context))));
    try {
      await this.compare(device, content);
    } finally {
      await device.close();
    }
  }

  private async compare(device: BlockDevice, content: Buffer): Promise<void> {
    expect(Buffer.compare(await read(device, 0, sizeBytes), content)).toBe(0);
  }

  /** A hint: each byte reads as before, or as zero. */
  private async discard(device: BlockDevice, content: Buffer, at: number, length: number): Promise<void> {
    await device.discard(at, length);
    const after = await read(device, at, length);
    const before = content.subarray(at, at + length);
    expect(after.every((byte, index) => byte === 0 || byte === before[index])).toBe(true);
    content.set(after, at);
  }

  private async step(device: BlockDevice, content: Buffer, step: number): Promise<void> {
    const { random } = this;
    const unit = random.pick([1, 512, 4096]);
    const at = Math.min(sizeBytes - 1, random.below(sizeBytes / unit) * unit);
    const length = Math.min(sizeBytes - at, unit * (1 + random.below(random.pick([2, 16, unit === 1 ? 9000 : 64]))));
    const what = random.below(10);
    if (what < 5) {
      const bytes = random.bytes(length);
      await device.write(at, [bytes]);
      content.set(bytes, at);
    } else if (what < 6) {
      await device.writeZeroes(at, length);
      content.fill(0, at, at + length);
    } else if (what < 7) {
      await this.discard(device, content, at, length);
    } else if (what < 9) {
      expect(
        Buffer.compare(await read(device, at, length), content.subarray(at, at + length)),
        `step ${String(step)}`,
      ).toBe(0);
    } else {
      await device.flush();
    }
  }
}

describe.each(Object.entries(diskKinds))('%s', { timeout: 60_000 }, (_name, make) => {
  it('[W1] reads as a flat buffer would, in every session', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 1);
    await bench.work(0);
    for (let session = 0; session < 3; session++) await bench.work(80);
    await bench.check();
  });

  it('[W1] under redo logs', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 2);
    await bench.work(60);
    for (let depth = 0; depth < 3; depth++) {
      await bench.nest();
      await bench.work(60);
    }
    await bench.check();
  });

  it('[C1] takes commits, and is the same disk to logs that are made afterwards', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 3);
    await bench.work(40);
    for (let round = 0; round < 3; round++) {
      await bench.nest();
      await bench.work(60);
      const before = (await inspectChain(bench.file, bench.context)).links[0]?.contentId;
      const { committedBytes } = await commitRedoLog({ redo: bench.leaf.file, context: bench.context });
      expect(committedBytes).toBeGreaterThan(100 * KIB);
      const [log] = bench.links.splice(1);
      expect(existsSync(log?.file ?? '')).toBe(false);
      bench.leaf.content.set(log?.content ?? bench.leaf.content);
      const [link] = (await inspectChain(bench.file, bench.context)).links;
      expect(link?.contentId).toMatch(/^[0-9a-f]{32}$/);
      expect(link?.contentId).not.toBe(before);
      await bench.check();
    }
    await bench.work(40);
    await bench.check();
  });

  it.each(points)('[C4] takes a commit that stopped after %s, by the same command', async (point) => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 7);
    await bench.work(30);
    await bench.nest();
    await bench.work(40);
    const { file: redo, content } = bench.leaf;
    const { context } = bench;
    const reached = (here: CommitPoint) => {
      if (here === point) throw new Stop(point);
    };
    await expect(commitRedoLog({ redo, context }, { reached })).rejects.toThrow(Stop);
    if (point !== 'removed') {
      await bench.look();
      await commitRedoLog({ redo, context });
    }
    await settleChain(bench.file, context);
    bench.links.pop();
    bench.leaf.content.set(content);
    expect(existsSync(`${bench.file}.commit`)).toBe(false);
    await bench.check();
  });

  it('[C4] takes back a commit that stopped before its point', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 8);
    await bench.work(30);
    await bench.nest();
    await bench.work(40);
    const { context } = bench;
    const reached = (here: CommitPoint) => {
      if (here === 'child-recorded') throw new Stop(here);
    };
    const before = await inspectChain(bench.leaf.file, context);
    await expect(commitRedoLog({ redo: bench.leaf.file, context }, { reached })).rejects.toThrow(Stop);
    await settleChain(bench.leaf.file, context);
    expect(existsSync(`${bench.file}.commit`)).toBe(false);
    const after = await inspectChain(bench.leaf.file, context);
    expect(after.links.map(({ contentId }) => contentId)).toEqual(before.links.map(({ contentId }) => contentId));
    await bench.work(20);
    await bench.check();
  });

  it('[R1] is as it was when a log is discarded', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 4);
    await bench.work(40);
    await bench.nest();
    await bench.work(40);
    await discardRedoLog({ redo: bench.leaf.file, context: bench.context });
    bench.links.pop();
    await bench.check();
  });

  it('[P3] has logs that are refused once it was written', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 5);
    await bench.nest();
    const [log] = bench.links.splice(1);
    await bench.work(30);
    await expect(inspectChain(log?.file ?? '', bench.context)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('[N5] is known by what it is', async () => {
    using folder = makeTempFolder();
    const bench = await Bench.make(folder, make, 6);
    const identity = identifyFile(bench.file);
    if (bench.file.endsWith('.raw')) expect(identity.kind).toBe('not-a-disk');
    else expect(identity).toMatchObject({ kind: 'base', capacityBytes: sizeBytes });
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { Chain } from '../../../core/disk/chain/chain.ts';
import { checkChain } from '../../../core/disk/check/check-chain.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import type { DialectName } from '../../../core/disk/formats/cowd/dialect.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { closeLinks, openLinks, resolveChain } from '../../../core/disk/parents/resolve-chain.ts';
import { openDiskSession, type DiskSession, type SessionRequest } from '../../../core/disk/session/session.ts';
import { SessionDevice } from '../../../core/disk/session/session-device.ts';
import { MemoryHost, memoryRoot, type Life } from '../../support/memory-host/memory-host.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeSmallBase } from '../../support/small-disk.ts';
import { childrenOf, drawRange, FlatDisk, fitsParent, isDirect, isReadable, type ModelLink } from './world.ts';

/** What a sequence begins with. */
export interface ModelSetup {
  readonly seed: number;
  readonly base: DialectName | 'vmdk' | 'raw';
  readonly grainSectors: number | undefined;
  readonly spans: readonly number[];
  /** Of the lookup cache with which contents are read and compared; the sessions have the real one. */
  readonly mapBytes: number | undefined;
}

/** One operation; what a number means depends on what there is, so that any sequence is a legal one. */
export interface ModelOperation {
  readonly kind: keyof typeof operations;
  readonly link: number;
  readonly seed: number;
}

const folder = `${memoryRoot}/model`;
const mostLinks = 9;

/** Carries out a sequence on the engine and on the model beside it. Throws at the first difference. */
export async function runSequence(setup: ModelSetup, sequence: readonly ModelOperation[]): Promise<void> {
  const world = new World(setup);
  await world.host.run(() => world.makeBase());
  for (const { kind, link, seed } of sequence) {
    const random = new SeededRandom(seed);
    const picked = world.links[link % world.links.length] as ModelLink;
    await operations[kind](world, picked, random);
    world.host.time.advance(random.below(3000));
  }
  await world.host.run(async () => {
    for (const link of world.links) await world.verify(link);
  });
}

class World {
  readonly host: MemoryHost;
  readonly links: ModelLink[] = [];
  readonly context = { trustedPaths: [folder] };
  private lastVersion = 0;

  constructor(readonly setup: ModelSetup) {
    this.host = new MemoryHost(setup.seed);
  }

  async makeBase(): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const { base, spans, grainSectors } = this.setup;
    const sectors = spans.reduce((sum, span) => sum + span, 0);
    const file = `${folder}/disk.${base === 'raw' ? 'raw' : 'vmdk'}`;
    if (base === 'raw') writeFileSync(file, new Uint8Array(sectors * 512));
    else if (base === 'vmdk')
      await createBase({ file, capacityBytes: sectors * 512, split: spans.length > 1, bus: 'ide', format: 'vmdk' });
    else
      makeSmallBase(folder, 'disk.vmdk', base === 'vmware2' || base === 'esx' ? [sectors] : spans, {
        dialect: base,
        ...(grainSectors === undefined || base === 'ws3' || base === 'vmware2' ? {} : { grainSectors }),
      });
    this.add(file, undefined, new Uint8Array(sectors * 512));
  }

  add(file: string, parent: ModelLink | undefined, bytes: Uint8Array): ModelLink {
    const link: ModelLink = {
      file,
      parent,
      disk: new FlatDisk(bytes),
      version: this.newVersion(),
      overVersion: parent?.version ?? 0,
      oldStates: new Map(),
      backup: undefined,
    };
    this.links.push(link);
    return link;
  }

  newVersion(): number {
    return ++this.lastVersion;
  }

  remove(link: ModelLink): void {
    this.links.splice(this.links.indexOf(link), 1);
  }

  request({ file, parent }: ModelLink, mode: 'undoable' | 'nonpersistent' = 'undoable'): SessionRequest {
    return parent === undefined
      ? { file, mode: 'persistent', context: this.contextOf(file) }
      : { file: parent.file, mode, redo: file, context: this.contextOf(parent.file) };
  }

  contextOf(file: string): { trustedPaths: string[] } {
    return { trustedPaths: [file, this.links[0]?.file ?? file] };
  }

  /** What anybody reads who looks, with a small lookup cache as well as with the real one. */
  async read(link: ModelLink): Promise<Uint8Array> {
    const links = openLinks(await resolveChain(link.file, this.contextOf(link.file)));
    try {
      const { mapBytes } = this.setup;
      const device = new SessionDevice(new Chain(links), mapBytes === undefined ? {} : { mapBytes });
      const bytes = new Uint8Array(device.sizeBytes);
      for (let at = 0; at < bytes.length; at += 50_000) await device.read(at, bytes.subarray(at, at + 50_000));
      return bytes;
    } finally {
      closeLinks(links);
    }
  }

  /** A link that fits reads as the model does, and its structure is in order; one that does not is refused. */
  async verify(link: ModelLink): Promise<void> {
    if (!isReadable(link)) {
      await refused(() => this.read(link), 'disk.parent-changed', 'disk.parent-missing');
      return;
    }
    const wrong = link.disk.compare(await this.read(link));
    assert.equal(wrong, undefined, `${link.file}: ${wrong ?? ''}`);
    const { findings } = await checkChain({ file: link.file, context: this.contextOf(link.file) });
    const error = findings.find(({ severity, kind }) => severity === 'error' && kind !== 'header');
    assert.equal(error, undefined, `${link.file}: ${error?.sentence ?? ''}`);
  }
}

async function refused(act: () => Promise<unknown>, ...codes: string[]): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof RedoubtError && codes.includes(error.code as string)) return;
    throw error;
  }
  assert.fail(`it was not refused with ${codes.join(' or ')}`);
}

type Operation = (world: World, link: ModelLink, random: SeededRandom) => Promise<void>;

/** Work in an open session, every answer compared. Returns whether anything was written. */
async function work({ device }: DiskSession, disk: FlatDisk, random: SeededRandom): Promise<boolean> {
  let hasWritten = false;
  for (let left = random.below(12); left > 0; left--) {
    const { at, length } = drawRange(random, device.sizeBytes);
    const what = random.below(100);
    if (what < 45) {
      const bytes = random.below(10) === 0 ? new Uint8Array(length) : random.bytes(length);
      await device.write(at, [bytes]);
      disk.write(at, bytes);
      hasWritten = true;
    } else if (what < 55) {
      await device.writeZeroes(at, length);
      disk.zero(at, length);
      hasWritten = true;
    } else if (what < 63) {
      // A hint: the bytes are what they were, or zeros; the model asks which.
      await device.discard(at, length);
      const found = new Uint8Array(length);
      await device.read(at, found);
      for (let index = 0; index < length; index++)
        if (found[index] !== disk.bytes[at + index]) assert.equal(found[index], 0, 'a trimmed byte is kept or zero');
      disk.write(at, found);
      hasWritten = true;
    } else if (what < 75) {
      await device.flush();
      disk.settle();
    } else {
      const found = new Uint8Array(length);
      await device.read(at, found);
      assert.equal(
        Buffer.compare(found, disk.bytes.subarray(at, at + length)),
        0,
        `a read of ${String(length)} at ${String(at)}`,
      );
    }
  }
  return hasWritten;
}

/** Opens, works, and ends clean or by SIGKILL. */
async function session(world: World, link: ModelLink, random: SeededRandom): Promise<void> {
  const ends = random.pick(['closed', 'closed', 'killed', 'switched'] as const);
  const life: Life = world.host.startLife();
  await world.host.runIn(life, async () => {
    if (!isReadable(link))
      return refused(() => openDiskSession(world.request(link)), 'disk.parent-changed', 'disk.parent-missing');
    const open = await openDiskSession(world.request(link));
    const hasWritten = await work(open, link.disk, random);
    // A trim may have had nothing to do; then the link was not begun.
    const isBegun = hasWritten && contentIdOf(link.file) !== contentIds.get(link);
    if (isBegun) link.version = world.newVersion();
    if (ends === 'switched' && world.links.length < mostLinks) {
      const redo = await open.switchLeaf({ randomSuffix: true, save: () => Promise.resolve() });
      link.disk.settle();
      const next = world.add(redo, link, link.disk.bytes.slice());
      if (await work(open, next.disk, random)) next.version = world.newVersion();
      await open.close();
      next.disk.settle();
      return;
    }
    if (ends === 'killed') return;
    await open.close();
    link.disk.settle();
  });
  world.host.kill(life);
  if (ends === 'killed' && isReadable(link))
    await world.host.run(async () => {
      const wrong = link.disk.accept(await world.read(link));
      assert.equal(wrong, undefined, `${link.file} after a kill: ${wrong ?? ''}`);
    });
}

/** The engine's own: whether an open for writing has begun can be seen nowhere else. */
const contentIds = new WeakMap<ModelLink, string | undefined>();

function contentIdOf(file: string): string | undefined {
  return readLinkHead(file).state.record?.contentId;
}

const isCowdBase = ({ setup }: World): boolean => setup.base !== 'vmdk' && setup.base !== 'raw';

const operations = {
  session: async (world, link, random) => {
    await world.host.run(async () => {
      contentIds.set(link, contentIdOf(link.file));
      return Promise.resolve();
    });
    // Whoever has dependents is not written but now and then, to see that they notice.
    if (childrenOf(world.links, link).length > 0 && (random.below(6) > 0 || link.oldStates.size > 0)) return;
    await session(world, link, random);
  },
  nonpersistent: async (world, link, random) => {
    await world.host.run(async () => {
      if (!isReadable(link)) return;
      const context = world.contextOf(link.file);
      const { file } = await createRedoLog({ parent: link.file, randomSuffix: true, context });
      const open = await openDiskSession({ file: link.file, mode: 'nonpersistent', redo: file, context });
      await work(open, link.disk.copy(), random);
      if (random.below(3) === 0) {
        const next = await createRedoLog({ parent: link.file, randomSuffix: true, context });
        await open.replaceRedo(next.file);
        await work(open, link.disk.copy(), random);
      }
      await open.close();
      await world.verify(link);
    });
  },
  nest: async (world, link, random) => {
    if (world.links.length >= mostLinks) return;
    await world.host.run(async () => {
      const context = world.contextOf(link.file);
      const dialect = random.pick(['hybrid', 'ws3', undefined] as const);
      // A small disk in small grains has the larger tables: readers go by that.
      const grainSectors = dialect === 'ws3' ? undefined : random.pick([undefined, undefined, 1, 2, 8, 16]);
      const request = {
        parent: link.file,
        // Names are used again once they are free.
        randomSuffix: random.below(2) === 0 || world.links.some((one) => one.file === `${link.file}.REDO`),
        context,
        ...(dialect === undefined ? {} : { dialect }),
        ...(grainSectors === undefined ? {} : { grainSectors }),
      };
      if (!isReadable(link)) return refused(() => createRedoLog(request), 'disk.parent-changed', 'disk.parent-missing');
      const { file } = await createRedoLog(request);
      world.add(file, link, link.disk.bytes.slice());
    });
  },
  discard: async (world, link) => {
    await world.host.run(async () => {
      const context = world.contextOf(link.file);
      if (link.parent === undefined)
        return refused(() => discardRedoLog({ redo: link.file, context }), 'disk.not-a-redo-log');
      if (childrenOf(world.links, link).some((child) => child.overVersion === link.version))
        return refused(() => discardRedoLog({ redo: link.file, context }), 'disk.has-dependents');
      if (childrenOf(world.links, link).length > 0 || link.oldStates.size > 0) return;
      await discardRedoLog({ redo: link.file, context, force: true });
      world.remove(link);
    });
  },
  commit: async (world, link, random) => {
    const { parent } = link;
    if (parent === undefined || !isReadable(link) || !isDirect(link)) return;
    const others = childrenOf(world.links, parent).filter((one) => one !== link && fitsParent(one));
    const dependents =
      others.length > 0 || parent.oldStates.size > 0 ? random.pick(['refuse', 'preserve'] as const) : 'refuse';
    const point = random.pick([undefined, undefined, 'child-recorded', 'parent-marked', 'copied', 'unmarked', 'done']);
    await world.host.run(async () => {
      const request = { redo: link.file, dependents, context: world.contextOf(link.file) };
      if (dependents === 'refuse' && (others.length > 0 || parent.oldStates.size > 0))
        return refused(() => commitRedoLog(request), 'disk.has-dependents');
      if (point !== undefined) {
        const stopped = world.host.startLife();
        await world.host.runIn(stopped, async () => {
          await commitRedoLog(request, {
            reached: (here) => {
              if (here === point) world.host.kill(stopped);
            },
          });
        });
        world.host.kill(stopped);
        const wrong = link.disk.compare(await world.read(link));
        assert.equal(wrong, undefined, `${link.file} while it is committed: ${wrong ?? ''}`);
      }
      await commitRedoLog(request);
      const before = parent.version;
      parent.version = world.newVersion();
      parent.disk = link.disk;
      parent.backup = undefined;
      if (dependents === 'preserve') parent.oldStates.set(before, parent.version);
      for (const child of childrenOf(world.links, link)) {
        // Those that lay over what the log is now hang from the parent; the others are lost with it.
        if (child.overVersion === link.version) child.overVersion = parent.version;
        else child.overVersion = -1;
        child.parent = parent;
      }
      world.remove(link);
    });
  },
  'set the clock': (world, _link, random) => {
    world.host.time.set(random.pick([-1, 1]) * random.below(400 * 86_400_000));
    return Promise.resolve();
  },
  'back up': async (world) => {
    const [base] = world.links as [ModelLink];
    if (base.oldStates.size > 0 || !isCowdBase(world)) return;
    await world.host.run(() => {
      const files = [...readLinkHead(base.file).files];
      const contents = new Map(files.map((file) => [file, readFileSync(file)]));
      base.backup = { contents, bytes: base.disk.bytes.slice(), version: base.version };
      return Promise.resolve();
    });
  },
  restore: async (world) => {
    const [base] = world.links as [ModelLink];
    const { backup } = base;
    if (backup === undefined || base.oldStates.size > 0) return;
    await world.host.run(() => {
      for (const [file, content] of backup.contents) writeFileSync(file, content);
      base.disk = new FlatDisk(backup.bytes.slice());
      base.version = backup.version;
      return Promise.resolve();
    });
  },
  verify: async (world, link) => {
    await world.host.run(() => world.verify(link));
  },
} satisfies Record<string, Operation>;

export const operationKinds = Object.keys(operations) as ModelOperation['kind'][];

import assert from 'node:assert/strict';
import type { BlockDevice } from '../../../core/disk/block-device.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { shrinkDisk } from '../../../core/disk/shrink/shrink-disk.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { same, type LargeLink, type LargeWorld } from './large-world.ts';

type Operation = (world: LargeWorld, link: LargeLink, random: SeededRandom) => Promise<void>;

const mostLinks = 5;

/** A range that ends at a border, begins there, or lies across it; perhaps a little away from it. */
function drawRange(world: LargeWorld, random: SeededRandom): { at: number; length: number } {
  const unit = random.pick([1, 512, 512, 512, 4096]);
  const length = unit * (1 + random.below(random.pick([1, 2, 8, 40])));
  const shift = random.pick([0, 0, 0, 512, -512, 65_536, -65_536]);
  const border = random.pick(world.borders) + shift;
  const wanted = border - random.pick([0, 0, length, length, Math.ceil(length / 2)]);
  const at = Math.min(Math.max(0, wanted), world.sizeBytes - length);
  return { at, length };
}

/** What ends at one border and then what begins at another: neighbours in the file that are none on the disk. */
async function twoWrites(world: LargeWorld, device: BlockDevice, { disk }: LargeLink, random: SeededRandom) {
  for (const part of [0, 1]) {
    const bytes = random.bytes(512 * (1 + random.below(4)));
    const wanted = random.pick(world.borders) - (1 - part) * bytes.length;
    const at = Math.min(Math.max(0, wanted), world.sizeBytes - bytes.length);
    await device.write(at, [bytes]);
    disk.write(at, bytes);
  }
}

async function oneRequest(world: LargeWorld, device: BlockDevice, link: LargeLink, random: SeededRandom) {
  const { disk, file } = link;
  const { at, length } = drawRange(world, random);
  const what = random.below(100);
  if (what < 60) {
    const bytes = random.bytes(length);
    await device.write(at, [bytes]);
    disk.write(at, bytes);
  } else if (what < 80) {
    // More than one table, now and then; across a border as well.
    const more = random.below(4) === 0 ? random.below(2 ** 24) : length;
    const from = Math.max(0, at - random.pick([0, more]));
    const count = Math.min(world.sizeBytes - from, more + length);
    if (what < 70) {
      await device.writeZeroes(from, count);
      disk.zero(from, count);
    } else {
      await device.discard(from, count);
      await takeTrimmed(device, link, from, count);
    }
  } else if (what < 88) {
    await device.flush();
  } else {
    await same(device, disk, file, at, length);
  }
}

/** A trim is a hint: what there was is there, or zeros. */
async function takeTrimmed(device: BlockDevice, { disk, file }: LargeLink, from: number, count: number) {
  for (const sector of disk.within(from, count)) {
    const found = new Uint8Array(512);
    await device.read(sector * 512, found);
    const had = disk.read(sector * 512, 512);
    for (const [index, byte] of found.entries()) {
      const at = sector * 512 + index;
      const mayBeZero = at >= from && at < from + count && byte === 0;
      assert.ok(byte === had[index] || mayBeZero, `${file}: byte ${String(at)} is ${String(byte)} after a trim`);
    }
    disk.write(sector * 512, found);
  }
}

/** What others lie over is not written. */
const session: Operation = async (world, link, random) => {
  if (world.childrenOf(link).length > 0 || link.hasOldStates) return;
  const { file, parent } = link;
  const { context } = world;
  const session = await openDiskSession(
    parent === undefined || link.isOverOldState
      ? { file, mode: 'persistent', context }
      : { file: parent.file, mode: 'undoable', redo: file, context },
  );
  for (let left = 1 + random.below(24); left > 0; left--)
    await (random.below(3) === 0 ? twoWrites : oneRequest)(world, session.device, link, random);
  await session.close();
};

const nest: Operation = async (world, link, random) => {
  if (world.links.length >= mostLinks) return;
  const { context } = world;
  const { base, split, logGrains } = world.setup;
  const isOneFile = base === 'raw' || base === 'vmware2' || !split;
  const dialect = random.pick(isOneFile ? (['hybrid', 'esx', undefined] as const) : (['hybrid', undefined] as const));
  const grainSectors = random.pick(logGrains);
  const { file } = await createRedoLog({
    parent: link.file,
    randomSuffix: true,
    context,
    ...(dialect === undefined ? {} : { dialect }),
    ...(grainSectors === undefined ? {} : { grainSectors }),
  });
  const log = world.add(file, link);
  await session(world, log, random);
};

/** Other logs go on with what they read; perhaps it is killed somewhere and done again. */
const commit: Operation = async (world, link, random) => {
  const { parent } = link;
  if (parent === undefined || link.isOverOldState || link.hasOldStates) return;
  const others = world.childrenOf(parent).filter((one) => one !== link);
  const isPreserved = parent.hasOldStates || others.length > 0;
  const request = {
    redo: link.file,
    context: world.context,
    ...(isPreserved ? { dependents: 'preserve' as const } : {}),
  };
  const point = random.pick([undefined, undefined, undefined, 'parent-marked', 'copied', 'unmarked']);
  if (point !== undefined) {
    const stopped = world.host.startLife();
    await world.host.runIn(stopped, async () => {
      await commitRedoLog(request, { reached: (here) => void (here === point && world.host.kill(stopped)) });
    });
    world.host.kill(stopped);
    await world.compare(link);
  }
  await commitRedoLog(request);
  parent.disk = link.disk;
  if (isPreserved) parent.hasOldStates = true;
  for (const other of others) other.isOverOldState = true;
  for (const child of world.childrenOf(link)) child.parent = parent;
  world.remove(link);
  await world.verify(parent);
};

const discard: Operation = async (world, link) => {
  if (link.parent === undefined || world.childrenOf(link).length > 0 || link.hasOldStates) return;
  await discardRedoLog({ redo: link.file, context: world.context, force: true });
  world.remove(link);
};

const shrink: Operation = async (world, link) => {
  await shrinkDisk({ file: link.file, context: world.context });
  await world.verify(link);
};

const verify: Operation = (world, link) => world.verify(link);

/** Half of what happens is work. */
const operations = [session, session, session, nest, nest, nest, commit, commit, commit, discard, shrink, verify];

/** One operation on one of the links, whichever they are. */
export async function oneOperation(world: LargeWorld, random: SeededRandom): Promise<void> {
  const link = random.pick(world.links);
  const operation = random.pick(operations);
  await world.host.run(() => operation(world, link, random));
  world.host.time.advance(random.below(3000));
}

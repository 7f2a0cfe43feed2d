import assert from 'node:assert/strict';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { openDiskSession, type DiskSession } from '../../../core/disk/session/session.ts';
import type { Life } from '../../support/memory-host/memory-host.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { mostLinks, notReadable, refused, type EngineWorld } from './engine-world.ts';
import type { FlatDisk } from './flat-disk.ts';
import { childrenOf, drawRange, isReadable, type ModelLink } from './world.ts';

/** Work in an open session, every answer compared. Returns whether anything was written. */
export async function work({ device }: DiskSession, disk: FlatDisk, random: SeededRandom): Promise<boolean> {
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

/** Opens, works, and ends clean, by SIGKILL, or after a leaf switch. */
export async function session(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  // Whoever has dependents is not written but now and then, to see that they notice.
  if (childrenOf(world.links, link).length > 0 && (random.below(6) > 0 || link.oldStates.size > 0)) return;
  const ends = random.pick(['closed', 'closed', 'killed', 'switched'] as const);
  const mode = random.pick(['undoable', 'undoable', 'persistent'] as const);
  const life: Life = world.host.startLife();
  await world.host.runIn(life, async () => {
    if (!isReadable(link)) return refused(() => openDiskSession(world.request(link, mode)), ...notReadable);
    const before = contentIdOf(link.file);
    const open = await openDiskSession(world.request(link, mode));
    const hasWritten = await work(open, link.disk, random);
    // A trim may have had nothing to do; then the link was not begun.
    if (hasWritten && contentIdOf(link.file) !== before) link.version = world.newVersion();
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
function contentIdOf(file: string): string | undefined {
  return readLinkHead(file).state.record?.contentId;
}

/** A session whose log is thrown away, perhaps with a reset in it. */
export async function nonpersistent(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
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
}

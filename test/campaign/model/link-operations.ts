import assert from 'node:assert/strict';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { mostLinks, notReadable, refused, type EngineWorld } from './engine-world.ts';
import { childrenOf, fitsParent, isDirect, isReadable, type ModelLink } from './world.ts';

/** A new log over a link. */
export async function nest(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  if (world.links.length >= mostLinks) return;
  await world.host.run(async () => {
    const context = world.contextOf(link.file);
    // Disks of version 1 are one file.
    const dialects = world.isOneFile
      ? (['hybrid', 'ws3', 'esx', 'vmware2', undefined] as const)
      : (['hybrid', 'ws3', undefined] as const);
    const dialect = random.pick(dialects);
    // A small disk in small grains has the larger tables: readers go by that.
    const hasSmallTables = dialect === 'ws3' || dialect === 'vmware2';
    const grainSectors = hasSmallTables
      ? undefined
      : random.pick([undefined, undefined, 1, 2, 4, 8, 16, 64, 512, 2048]);
    const request = {
      parent: link.file,
      // Names are used again once they are free.
      randomSuffix: random.below(2) === 0 || world.links.some((one) => one.file === `${link.file}.REDO`),
      context,
      ...(dialect === undefined ? {} : { dialect }),
      ...(grainSectors === undefined ? {} : { grainSectors }),
    };
    if (!isReadable(link)) return refused(() => createRedoLog(request), ...notReadable);
    const { file } = await createRedoLog(request);
    world.add(file, link, link.disk.bytes.slice());
  });
}

export async function discard(world: EngineWorld, link: ModelLink): Promise<void> {
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
}

/** Perhaps cut off somewhere and resumed; where others hang from the parent it is refused, or preserves what they read. */
export async function commit(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  const { parent } = link;
  if (parent === undefined || !isReadable(link) || !isDirect(link)) return;
  const others = childrenOf(world.links, parent).filter((one) => one !== link && fitsParent(one));
  const hasDependents = others.length > 0 || parent.oldStates.size > 0;
  // An old state that a copy keeps for its own logs would do for those of the original too.
  const dependents =
    hasDependents && parent.twins.length === 1 ? random.pick(['refuse', 'preserve'] as const) : 'refuse';
  const point = random.pick([undefined, undefined, 'child-recorded', 'parent-marked', 'copied', 'unmarked', 'done']);
  await world.host.run(async () => {
    const request = { redo: link.file, dependents, context: world.contextOf(link.file) };
    if (dependents === 'refuse' && hasDependents) return refused(() => commitRedoLog(request), 'disk.has-dependents');
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
    await commitRedoLog({ ...request, context: world.contextOf(link.file) });
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
}

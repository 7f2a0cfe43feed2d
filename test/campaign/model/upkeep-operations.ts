import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { RedoubtError } from '../../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { commitToCopy } from '../../../core/disk/commit/commit-to-copy.ts';
import { readLinkHead } from '../../../core/disk/link-head.ts';
import { protectDisk, unprotectDisk } from '../../../core/disk/protect.ts';
import { relinkRedoLog } from '../../../core/disk/relink.ts';
import { segmentPath } from '../../../core/disk/segment-paths.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { shrinkDisk } from '../../../core/disk/shrink/shrink-disk.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { folder, mostLinks, notReadable, refused, type EngineWorld } from './engine-world.ts';
import { FlatDisk } from './flat-disk.ts';
import { nonpersistent } from './session-operations.ts';
import { childrenOf, isDirect, isReadable, type ModelLink } from './world.ts';

/** To its end, stopped by a signal, or killed; the link reads the same in any case. */
export async function shrink(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  const ends = random.pick(['done', 'done', 'stopped', 'killed'] as const);
  const life = world.host.startLife();
  await world.host.runIn(life, async () => {
    const context = world.contextOf(link.file);
    if (!isReadable(link)) return refused(() => shrinkDisk({ file: link.file, context }), ...notReadable);
    const stop = new AbortController();
    const onProgress = (): void => {
      if (random.below(3) > 0) return;
      if (ends === 'stopped') stop.abort();
      if (ends === 'killed') world.host.kill(life);
    };
    try {
      await shrinkDisk({ file: link.file, context, signal: stop.signal, onProgress });
    } catch (error) {
      if (!(error instanceof RedoubtError && error.is('job.cancelled'))) throw error;
    }
  });
  world.host.kill(life);
  await world.host.run(() => world.verify(link));
}

/** What is protected is read, and lies below logs, and is not written. */
export async function protect(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  const request = world.request(link, random.pick(['undoable', 'persistent']));
  await world.host.run(async () => {
    await protectDisk(link.file, world.contextOf(link.file));
    await refused(() => openDiskSession(request), 'disk.read-only', ...(isReadable(link) ? [] : notReadable));
    const child = childrenOf(world.links, link).find((one) => isReadable(one) && isDirect(one));
    if (child !== undefined)
      await refused(
        () => commitRedoLog({ redo: child.file, dependents: 'break', context: world.contextOf(child.file) }),
        'disk.read-only',
      );
    await world.verify(link);
  });
  await nonpersistent(world, link, random);
  await world.host.run(async () => {
    await unprotectDisk(link.file, world.contextOf(link.file));
    await world.verify(link);
  });
}

/** Hangs a log from a copy of its parent, or back; a copy that has been written since, or whose original has, is refused. */
export async function relink(world: EngineWorld, link: ModelLink): Promise<void> {
  const { parent } = link;
  if (parent === undefined || parent.oldStates.size > 0 || (parent.parent === undefined && !world.isCowdBase)) return;
  const other = parent.twins.find((one) => one !== parent);
  if (other === undefined && (!isReadable(link) || world.links.length >= mostLinks)) return;
  await world.host.run(async () => {
    const target = other ?? copyFiles(world, parent);
    if (target.oldStates.size > 0) return;
    const act = () => relinkRedoLog({ redo: link.file, parent: target.file, context: world.contextOf(link.file) });
    if (link.overVersion !== target.version || !isReadable(target)) return refused(act, ...notReadable);
    await act();
    link.parent = target;
    await world.verify(link);
  });
}

function copyFiles(world: EngineWorld, link: ModelLink): ModelLink {
  const first = `${folder}/copy-of-${world.newName()}.vmdk${link.parent === undefined ? '' : '.REDO'}`;
  for (const [index, file] of readLinkHead(link.file).files.entries())
    copyFileSync(file, segmentPath(first, index + 1));
  return world.addTwin(first, link);
}

/** A base of its own that reads as a log does; stopped half-way nothing is left of it. */
export async function copy(world: EngineWorld, link: ModelLink, random: SeededRandom): Promise<void> {
  if (link.parent === undefined || world.links.length >= mostLinks) return;
  await world.host.run(async () => {
    const file = `${folder}/new-${world.newName()}.vmdk`;
    const stop = new AbortController();
    if (random.below(3) === 0) stop.abort();
    const act = () => commitToCopy({ redo: link.file, file, context: world.contextOf(link.file), signal: stop.signal });
    if (!isReadable(link)) return refused(act, ...notReadable);
    if (stop.signal.aborted) {
      await refused(act, 'job.cancelled');
      assert.equal(existsSync(file), false, 'nothing is left of a copy that was stopped');
      return;
    }
    await act();
    await world.verify(world.add(file, undefined, link.disk.bytes.slice()));
  });
}

export function setClock(world: EngineWorld, _link: ModelLink, random: SeededRandom): Promise<void> {
  world.host.time.set(random.pick([-1, 1]) * random.below(400 * 86_400_000));
  return Promise.resolve();
}

/** The base's files are kept elsewhere, by whoever makes backups. */
export async function backUp(world: EngineWorld): Promise<void> {
  const [base] = world.links as [ModelLink];
  if (base.oldStates.size > 0 || !world.isCowdBase) return;
  await world.host.run(() => {
    const files = [...readLinkHead(base.file).files];
    const contents = new Map(files.map((file) => [file, readFileSync(file)]));
    base.backup = { contents, bytes: base.disk.bytes.slice(), version: base.version };
    return Promise.resolve();
  });
}

/** The base is again what it was then: logs over what it was meanwhile notice. */
export async function restore(world: EngineWorld): Promise<void> {
  const [base] = world.links as [ModelLink];
  const { backup } = base;
  if (backup === undefined || base.oldStates.size > 0) return;
  await world.host.run(() => {
    for (const [file, content] of backup.contents) writeFileSync(file, content);
    base.disk = new FlatDisk(backup.bytes.slice());
    base.version = backup.version;
    return Promise.resolve();
  });
}

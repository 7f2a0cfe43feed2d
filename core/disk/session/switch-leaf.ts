import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { Chain } from '../chain/chain.ts';
import type { Link } from '../chain/link.ts';
import { createRedoLogOver } from '../create/create-redo-log.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockFile, type FileLock } from '../locks/file-lock.ts';
import type { LockSet } from '../locks/lock-set.ts';
import type { OpenContext } from '../open-context.ts';
import { removeLink } from '../remove-link.ts';
import { closeLinks, openLinks, resolveChain } from '../parents/resolve-chain.ts';
import type { SessionDevice } from './session-device.ts';

export interface LeafSwitch {
  /** Where the new log lies; absent: beside the present leaf. */
  readonly directory?: string;
  readonly randomSuffix: boolean;
  /**
   * Saves in the configuration that the disk is now `file` and its redo log `redo`, synced. What it rejects with is
   * thrown on, and the session goes on over the leaf it had.
   */
  readonly save: (names: LeafNames) => Promise<void>;
  /**
   * Asked after `save` has rejected: whether the configuration says so all the same, because it was replaced and
   * only its folder could not be synced. Absent: nobody knows.
   */
  readonly isSaved?: (names: LeafNames) => boolean;
}

export interface LeafNames {
  readonly file: string;
  readonly redo: string;
}

/** Where a test may make a switch fail; in the order in which it passes them. */
export type SwitchPoint = 'flushed' | 'created' | 'saved' | 'closed' | 'lowered';

export interface SwitchHooks {
  /** Called when the step before the point is on the device. What it throws stops the switch there. */
  reached?(point: SwitchPoint): void;
}

export interface SwitchSubject {
  readonly device: SessionDevice;
  /** The present leaf and its writer lock. */
  readonly leaf: LinkHead;
  readonly lock: FileLock;
  readonly locks: LockSet;
  readonly owner: string | undefined;
  readonly context: OpenContext;
  readonly lockReason: { readonly purpose: string; readonly machineName?: string };
}

export interface SwitchedLeaf {
  readonly head: LinkHead;
  readonly link: Link;
  readonly lock: FileLock;
}

/**
 * Lets a device go on over a new, empty redo log on its present leaf, while a guest uses it. Its requests
 * wait meanwhile; none is refused.
 *
 * | step | a crash after it leaves |
 * | --- | --- |
 * | flush of the present leaf | the disk as before |
 * | the new log created, synced, locked | the disk as before, and an empty log that no configuration names |
 * | the configuration saved | the new log over the leaf, which opens although it was not closed clean |
 * | the leaf closed clean | the new log over the leaf |
 * | its lock lowered to reader; writes go to the new log | the same |
 *
 * Nothing is written to the old leaf after the flush, so the state that the new log records is its last.
 * Fails before the configuration is saved: nothing has changed. Fails in saving it, so that it may say the
 * one or the other: the new log stays, empty, over the old leaf, which goes on taking the writes and keeps its
 * content id till the end of the session; both open. Fails after it: the device is of no more use
 * (every request fails, and so does `close`), and what the configuration says opens.
 */
export async function switchLeaf(
  subject: SwitchSubject,
  request: LeafSwitch,
  hooks: SwitchHooks = {},
): Promise<SwitchedLeaf> {
  const { device } = subject;
  let switched: SwitchedLeaf | undefined;
  await device.alone(async () => {
    const old = device.leaf;
    await old.flush();
    hooks.reached?.('flushed');
    // A flush without new grains asks nobody. A log over a leaf that somebody else writes could never be opened.
    subject.lock.prove();
    const made = await makeLeaf(subject, request);
    const names = { file: subject.leaf.path, redo: made.head.path };
    let mayBeSaved = false;
    try {
      hooks.reached?.('created');
      subject.lock.prove();
      mayBeSaved = true;
      await request.save(names);
    } catch (error) {
      mayBeSaved &&= request.isSaved?.(names) !== false;
      await takeBack(subject, made, mayBeSaved);
      // Its first write would give it another content id, of which the new log knows nothing.
      if (mayBeSaved && !old.hasBegun) old.fail(error);
      throw error;
    }
    try {
      hooks.reached?.('saved');
      // Also one that was found unclean, and has not been written since.
      await old.finishClean({ allSegments: true });
      hooks.reached?.('closed');
      await subject.lock.lower();
      hooks.reached?.('lowered');
    } catch (error) {
      // What the guest wrote from here on would be below a log that does not know of it.
      old.fail(error);
      closeLinks([made.link, ...made.below]);
      throw error;
    }
    device.goOver(new Chain([made.link, ...made.below, ...device.links.slice(1)]));
    old.close();
    switched = made;
  });
  assert(switched !== undefined, 'a switch that did not throw');
  return switched;
}

interface NewLeaf extends SwitchedLeaf {
  /** The old leaf, opened for reading. */
  readonly below: readonly Link[];
}

/** Creates the new log, locks it, and opens it with the leaf below it. All or nothing. */
async function makeLeaf(subject: SwitchSubject, request: LeafSwitch): Promise<NewLeaf> {
  const { context, owner, locks, leaf } = subject;
  const { directory, randomSuffix } = request;
  const heads = await resolveChain(leaf.path, context);
  const { file } = await createRedoLogOver(heads, {
    randomSuffix,
    ...(directory === undefined ? {} : { directory }),
    ...(owner === undefined ? {} : { owner }),
    context,
  });
  const head = readLinkHead(file);
  let lock: FileLock | undefined;
  try {
    lock = locks.add(await lockFile(head.path, 'writer', subject.lockReason));
    if (lock === undefined)
      throw new RedoubtError('disk.permission', `${file} can't be locked.`, { file, operation: 'lock' });
    const proved = lock;
    const [link, below, ...rest] = openLinks([head, ...heads], {
      context,
      isWritable: true,
      checkRight: () => {
        proved.prove();
      },
    }) as [Link, Link, ...Link[]];
    // The device has the rest open.
    closeLinks(rest);
    return { head, link, lock, below: [below] };
  } catch (error) {
    await removeLink(head);
    if (lock !== undefined) await locks.releaseOne(lock);
    throw error;
  }
}

async function takeBack(
  { locks }: SwitchSubject,
  { head, link, below, lock }: NewLeaf,
  isKept: boolean,
): Promise<void> {
  closeLinks([link, ...below]);
  if (!isKept) await removeLink(head);
  await locks.releaseOne(lock);
}

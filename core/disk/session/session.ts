import { assert } from '../../base/assert.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { BlockDevice } from '../block-device.ts';
import { Chain } from '../chain/chain.ts';
import { Link } from '../chain/link.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';
import { lockFile, type FileLock } from '../locks/file-lock.ts';
import type { LockReason } from '../locks/lock-holder.ts';
import { LockSet } from '../locks/lock-set.ts';
import { isOldState, refuseOldState } from '../parents/old-state.ts';
import type { OpenContext } from '../open-context.ts';
import { checkWritable } from '../protection.ts';
import { removeLink } from '../remove-link.ts';
import { openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { SessionDevice } from './session-device.ts';
import { settleChain } from '../commit/settle.ts';
import { switchLeaf, type LeafSwitch, type SwitchHooks } from './switch-leaf.ts';
import { requireTrustedLeaf } from '../parents/trust.ts';
import { UnlockedParents } from './unlocked-parents.ts';
import { refuseUnsettled } from '../parents/unsettled.ts';

export type DiskMode = 'persistent' | 'undoable' | 'nonpersistent';

export interface SessionRequest {
  /** The configured disk: a base or a redo log. */
  readonly file: string;
  readonly mode: DiskMode;
  /** The redo log that takes the writes, made by createRedoLog over `file`. Absent exactly when persistent. */
  readonly redo?: string;
  /** UUID of the machine: a log that another machine owns is refused (disk.redo-taken). */
  readonly owner?: string;
  readonly context?: OpenContext;
}

/** What one power-on does with one disk. Whoever opened it closes it. */
export interface DiskSession {
  readonly device: BlockDevice;
  /** The configured disk; after a leaf switch the leaf that the session had before. */
  readonly file: string;
  /** A persistent session is undoable after a leaf switch. */
  readonly mode: DiskMode;
  /** First file of the log that takes the writes; changes with replaceRedo and switchLeaf. Absent when persistent. */
  readonly redo?: string | undefined;
  /** Why the session has to end: a parent that can't be locked was written. No request is answered any more. */
  readonly problem: RedoubtError | undefined;
  /** Resolves with `problem` when there is one; what was written before is kept by `close`. */
  readonly failed: Promise<RedoubtError>;
  /** What the leaf holds. */
  stats(): { allocatedBytes: number; isEmpty: boolean };
  /**
   * Nonpersistent reset; the guest is paused and no request is open. Drops and removes the old log; the
   * same device goes on over `newRedo`, which createRedoLog made over the same file.
   */
  replaceRedo(newRedo: string): Promise<void>;
  /**
   * Undo point, while the guest runs: from now on the writes go to a new log over the present leaf, which stays
   * as it is. Returns the new log's first file. Not in nonpersistent mode. Throws what createRedoLog and
   * `request.save` throw; then nothing has changed.
   */
  switchLeaf(request: LeafSwitch, hooks?: SwitchHooks): Promise<string>;
  /** Closes clean and lets go of the locks; in nonpersistent mode the log is removed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a disk for a guest: settles unfinished work, takes the locks (one writer on the leaf, readers on the
 * rest), checks parents and owner. Throws what inspectChain throws, and disk.locked, disk.read-only,
 * disk.redo-taken, disk.commit-unfinished, disk.not-a-redo-log, disk.permission, disk.io.
 */
export async function openDiskSession(request: SessionRequest): Promise<DiskSession> {
  const { file, redo, mode } = request;
  if ((mode === 'persistent') !== (redo === undefined)) {
    const reason = mode === 'persistent' ? 'a persistent disk has none' : `mode ${mode} needs one`;
    throw new RedoubtError('usage.bad-argument', `A redo log is given wrongly: ${reason}.`, {
      argument: 'redo',
      reason,
    });
  }
  const configured = readConfigured(file);
  const context = withTrust(request.context ?? {}, file);
  const leafFile = redo ?? file;
  // Before anything is settled there.
  requireTrustedLeaf(configured, context);
  if (redo !== undefined && isThere(redo)) requireTrustedLeaf(readLinkHead(redo), context);
  await settleChain(leafFile, context);
  const locks = new LockSet();
  try {
    const { heads, lock, unlocked } = await lockChain(leafFile, request, context, locks);
    const links = openLinks(heads, {
      context,
      isWritable: true,
      isDurable: mode !== 'nonpersistent',
      checkRight: () => {
        lock.prove();
      },
    });
    return new OpenSession(request, context, { configured, heads, links, locks, lock, unlocked });
  } catch (error) {
    await locks.release();
    throw error;
  }
}

/** The configured file must be a first segment, whatever the log says. */
function readConfigured(file: string): LinkHead {
  return readLinkHead(file);
}

/** Resolves the chain and takes its locks on the way: the leaf's as writer, all others as readers. */
async function lockChain(
  leafFile: string,
  request: SessionRequest,
  context: OpenContext,
  locks: LockSet,
): Promise<{ heads: LinkHead[]; lock: FileLock; unlocked: LinkHead[] }> {
  const { file, redo, owner, mode } = request;
  const reason = lockReason(context, mode);
  const unlocked = new Set<string>();
  let leafLock: FileLock | undefined;
  const checkLeaf = (head: LinkHead): void => {
    if (redo !== undefined) checkRedo(head, owner);
    checkWritable(head);
    refuseOldState(head, 'use it in undoable mode');
  };
  const heads = await resolveChain(leafFile, context, async (head, position) => {
    if (position === 'leaf') {
      checkLeaf(head);
      leafLock = locks.add(await lockFile(head.path, 'writer', leafLockReason(context, mode)));
      // While the lock was waited for, another may have got the name.
      const locked = readLinkHead(head.path);
      checkLeaf(locked);
      refuseUnsettled(locked);
    } else {
      const lock = locks.add(await lockFile(head.path, 'reader', reason));
      if (lock === undefined) unlocked.add(head.path);
    }
  });
  if (redo !== undefined && !hangsFrom(heads, readLinkHead(file))) throw otherParentError(heads[0] as LinkHead, file);
  if (leafLock === undefined)
    throw new RedoubtError('disk.permission', `${leafFile} can't be locked.`, { file: leafFile, operation: 'lock' });
  return { heads, lock: leafLock, unlocked: heads.filter(({ path }) => unlocked.has(path)) };
}

/** Whether a chain's leaf is a log of `disk`, directly or over the old state of it that the log was made on. */
function hangsFrom([, ...below]: readonly LinkHead[], disk: LinkHead): boolean {
  for (const head of below) {
    if (head.identity === disk.identity) return true;
    if (!isOldState(head)) return false;
  }
  return false;
}

function checkRedo({ path, state }: LinkHead, owner: string | undefined): void {
  if (state.parent === undefined)
    throw new RedoubtError('disk.not-a-redo-log', `${path} is no redo log.`, { file: path });
  const found = state.record?.owner;
  if (found === undefined || found === owner) return;
  throw new RedoubtError('disk.redo-taken', `${path} belongs to machine ${found}.`, { file: path, owner: found });
}

function otherParentError(leaf: LinkHead, file: string): RedoubtError {
  const reason = `it is no redo log of ${file}`;
  return new RedoubtError('disk.parent-changed', `${leaf.path} can't be used: ${reason}.`, {
    file: leaf.path,
    parent: file,
    reason,
  });
}

function lockReason(context: OpenContext, mode: DiskMode): LockReason {
  const { purpose = `running, ${mode}`, machineName } = context;
  return { purpose, ...(machineName === undefined ? {} : { machineName }) };
}

/** The same for the leaf. A log that goes with its session says so, for whoever finds it when there is no session any more. */
function leafLockReason(context: OpenContext, mode: DiskMode): LockReason {
  return { ...lockReason(context, mode), isNonpersistent: mode === 'nonpersistent' };
}

/** Who asks for the disk by name has chosen it, so a log that lies elsewhere may name it; a configuration has chosen nothing. */
function withTrust(context: OpenContext, file: string): OpenContext {
  if (context.configDirectory !== undefined) return context;
  return { ...context, trustedPaths: [...(context.trustedPaths ?? []), file] };
}

/** The log of a nonpersistent session. Whoever broke its lock has it now, and may have his work in it: it stays. */
async function removeOwn(log: LinkHead, lock: FileLock): Promise<void> {
  try {
    lock.prove();
  } catch {
    return;
  }
  await removeLink(log);
}

const notAfterClose = 'a session is not used after close';

interface OpenParts {
  readonly configured: LinkHead;
  readonly heads: readonly LinkHead[];
  readonly links: readonly Link[];
  readonly locks: LockSet;
  readonly lock: FileLock;
  /** As they were when they were judged. */
  readonly unlocked: readonly LinkHead[];
}

class OpenSession implements DiskSession {
  readonly device: SessionDevice;
  mode: DiskMode;
  private readonly request: SessionRequest;
  private readonly context: OpenContext;
  private configured: LinkHead;
  private readonly locks: LockSet;
  private leaf: LinkHead;
  private leafLink: Link;
  private lock: FileLock;
  problem: RedoubtError | undefined;
  readonly failed: Promise<RedoubtError>;
  private readonly unlockedParents: UnlockedParents;
  private closing: Promise<void> | undefined;
  private replacing: Promise<unknown> | undefined;

  constructor(request: SessionRequest, context: OpenContext, parts: OpenParts) {
    const { configured, heads, links, locks, lock, unlocked } = parts;
    this.request = request;
    this.context = context;
    this.configured = configured;
    this.mode = request.mode;
    this.locks = locks;
    this.lock = lock;
    this.leaf = heads[0] as LinkHead;
    this.leafLink = links[0] as Link;
    const { mapBytes } = context;
    this.device = new SessionDevice(new Chain([...links]), mapBytes === undefined ? {} : { mapBytes });
    let tell: (error: RedoubtError) => void = () => undefined;
    this.failed = new Promise((resolve) => {
      tell = resolve;
    });
    this.unlockedParents = new UnlockedParents(this.leaf.path, unlocked, (error) => {
      this.problem = error;
      this.device.refuseAll(error);
      tell(error);
    });
  }

  get file(): string {
    return this.configured.path;
  }

  get redo(): string | undefined {
    return this.mode === 'persistent' ? undefined : this.leaf.path;
  }

  stats(): { allocatedBytes: number; isEmpty: boolean } {
    return { allocatedBytes: this.leafLink.allocatedBytes(), isEmpty: this.leafLink.isEmpty() };
  }

  async replaceRedo(newRedo: string): Promise<void> {
    assert(this.closing === undefined, notAfterClose);
    const work = this.replaceNow(newRedo);
    this.replacing = work.catch(() => undefined);
    await work;
  }

  private async replaceNow(newRedo: string): Promise<void> {
    if (this.mode !== 'nonpersistent') {
      throw new RedoubtError('usage.bad-argument', 'Only a nonpersistent log can be replaced.', {
        argument: 'mode',
        reason: this.mode,
      });
    }
    const head = readLinkHead(newRedo);
    checkRedo(head, this.request.owner);
    const lock = this.locks.add(await lockFile(head.path, 'writer', leafLockReason(this.context, this.mode)));
    if (lock === undefined)
      throw new RedoubtError('disk.permission', `${newRedo} can't be locked.`, { file: newRedo, operation: 'lock' });
    let link: Link | undefined;
    try {
      // The new log's chain is this one but for the leaf; its parent is checked, the rest is open and locked.
      const [, parent] = await resolveChain(head.path, this.context);
      if (parent?.identity !== this.configured.identity) throw otherParentError(head, this.file);
      link = Link.open({
        files: head.files,
        format: head.format,
        isWritable: true,
        isDurable: false,
        ...(this.context.files === undefined ? {} : { layer: this.context.files }),
        checkRight: () => {
          lock.prove();
        },
      });
      this.device.replaceLeaf(link).close();
    } catch (error) {
      link?.close();
      await this.locks.releaseOne(lock);
      throw error;
    }
    const old = { head: this.leaf, lock: this.lock };
    this.leaf = head;
    this.leafLink = link;
    this.lock = lock;
    await removeOwn(old.head, old.lock);
    await this.locks.releaseOne(old.lock);
  }

  async switchLeaf(request: LeafSwitch, hooks: SwitchHooks = {}): Promise<string> {
    assert(this.closing === undefined, notAfterClose);
    if (this.mode === 'nonpersistent') {
      throw new RedoubtError('usage.bad-argument', 'A nonpersistent log is thrown away; nothing can hang from it.', {
        argument: 'mode',
        reason: this.mode,
      });
    }
    const { device, leaf, lock, locks, context } = this;
    const { owner } = this.request;
    const subject = { device, leaf, lock, locks, context, owner, lockReason: lockReason(context, 'undoable') };
    const switched = await switchLeaf(subject, request, hooks);
    this.configured = leaf;
    this.mode = 'undoable';
    this.leaf = switched.head;
    this.leafLink = switched.link;
    this.lock = switched.lock;
    return switched.head.path;
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    this.unlockedParents.stop();
    // Its locks would be taken after all others were given back. A leaf switch is waited for by the device.
    if (this.replacing !== undefined) await this.replacing;
    try {
      try {
        await this.device.close();
      } finally {
        // However its end was: nobody wants what it holds.
        if (this.mode === 'nonpersistent') await removeOwn(this.leaf, this.lock);
      }
    } finally {
      await this.locks.release();
    }
  }
}

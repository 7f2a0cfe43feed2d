import { statusOf } from '../../base/file-status.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from '../files/disk-file.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';

const everyMs = 10_000;

/**
 * Looks after the parents of a session that could not be locked, because they lie where nothing can be
 * written: nobody there knows that they are in use. What their first files say is read again every ten seconds;
 * once one says something else, what the guest has read of it and what it would read are two disks. Shrinking changes
 * nothing that they say, but where their content lies: their lengths tell of it.
 */
export class UnlockedParents {
  private readonly parents: readonly Parent[];
  private readonly timer: NodeJS.Timeout | undefined;

  /** `onChange` is called once, with disk.parent-changed. `file`: who hangs from them, for the error. */
  constructor(file: string, heads: readonly LinkHead[], onChange: (error: RedoubtError) => void) {
    this.parents = heads.map((head) => ({ head, lengthBytes: lengthOf(head) }));
    if (heads.length === 0) return;
    this.timer = setInterval(() => {
      const changed = this.parents.find(isChanged)?.head;
      if (changed === undefined) return;
      this.stop();
      const reason = 'another program wrote it while it was in use; it lies where it can’t be locked';
      onChange(
        new RedoubtError('disk.parent-changed', `${changed.path} has changed: ${reason}.`, {
          file,
          parent: changed.path,
          reason,
        }),
      );
    }, everyMs);
    this.timer.unref();
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.timer);
  }
}

interface Parent {
  readonly head: LinkHead;
  /** Of its files together; `undefined` while one can't be seen. */
  readonly lengthBytes: number | undefined;
}

function lengthOf({ files }: LinkHead): number | undefined {
  let sum = 0;
  for (const file of files) {
    const status = statusOf(file);
    if (status === undefined) return undefined;
    sum += status.size;
  }
  return sum;
}

function isChanged({ head: before, lengthBytes }: Parent): boolean {
  const lengthNow = lengthOf(before);
  if (lengthBytes !== undefined && lengthNow !== undefined && lengthNow !== lengthBytes) return true;
  let now: LinkHead;
  try {
    // What is known by samples of its content is not sampled again for nothing; of a device nothing else tells.
    const isDated = before.state.sampledContentId !== undefined && !before.isDevice;
    if (isDated && changedAtMs(before.path) === before.changedAtMs) return false;
    now = readLinkHead(before.path);
  } catch (error) {
    // Out of reach for a moment, or gone: what was opened is still open, and reads of it tell the rest.
    if (error instanceof RedoubtError) return false;
    throw error;
  }
  return (
    now.identity !== before.identity ||
    now.state.generation !== before.state.generation ||
    now.state.record?.contentId !== before.state.record?.contentId ||
    (now.state.sampledContentId ?? before.state.sampledContentId) !== before.state.sampledContentId
  );
}

function changedAtMs(path: string): number {
  const file = hostFiles.open(path, false);
  try {
    return file.changedAtMs();
  } finally {
    file.close();
  }
}

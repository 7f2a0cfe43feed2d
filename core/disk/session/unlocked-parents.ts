import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from '../files/disk-file.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';

const everyMs = 10_000;

/**
 * Looks after the parents of a session that could not be locked, because they lie where nothing can be
 * written: nobody there knows that they are in use. What their first files say is read again every ten seconds;
 * once one says something else, what the guest has read of it and what it would read are two disks.
 */
export class UnlockedParents {
  private readonly heads: readonly LinkHead[];
  private readonly timer: NodeJS.Timeout | undefined;

  /** `onChange` is called once, with disk.parent-changed. `file`: who hangs from them, for the error. */
  constructor(file: string, heads: readonly LinkHead[], onChange: (error: RedoubtError) => void) {
    this.heads = heads;
    if (heads.length === 0) return;
    this.timer = setInterval(() => {
      const changed = this.heads.find(isChanged);
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

function isChanged(before: LinkHead): boolean {
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

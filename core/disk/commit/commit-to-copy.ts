import { basename, dirname, join } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { Chain } from '../chain/chain.ts';
import type { CommitProgress } from './commit.ts';
import { copyDisk } from '../copy.ts';
import { createBase, planBaseFiles, requireFree, type BaseRequest } from '../create/create-base.ts';
import { lockFile } from '../locks/file-lock.ts';
import { LockSet } from '../locks/lock-set.ts';
import { openStagingFolder } from '../files/staging-folder.ts';
import { realPath } from '../link-head.ts';
import type { OpenContext } from '../open-context.ts';
import { openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { openDiskSession } from '../session/session.ts';
import { SessionDevice } from '../session/session-device.ts';
import { settleChain } from './settle.ts';

export interface CopyCommitRequest {
  readonly redo: string;
  /** First file of the new base; ends in .vmdk or .dsk. */
  readonly file: string;
  /** The new disk's link id; absent: a random one. */
  readonly linkId?: string | undefined;
  readonly context?: OpenContext;
  readonly onProgress?: (progress: CommitProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes a new base that reads as a redo log does, where its changes can't or shall not go into its parent.
 * The log and all it hangs from stay as they are, locked for reading meanwhile. The new files are made aside and
 * appear under their names when they are complete and synced, the first last; of a copy that fails or is stopped
 * nothing stays. Returns the new files.
 * Throws disk.not-a-redo-log, disk.exists, disk.locked, disk.no-space, job.cancelled, and what createBase and
 * inspectChain throw.
 */
export async function commitToCopy(
  request: CopyCommitRequest,
): Promise<{ file: string; files: string[]; copiedBytes: number }> {
  const { redo, context = {}, onProgress, signal } = request;
  await settleChain(redo, context);
  const { purpose = 'commit to a new copy', machineName } = context;
  const reason = { purpose, ...(machineName === undefined ? {} : { machineName }) };
  const locks = new LockSet();
  try {
    const heads = await resolveChain(redo, context, async (head) => {
      locks.add(await lockFile(head.path, 'reader', reason));
    });
    const [log] = heads;
    if (log?.state.parent === undefined)
      throw new RedoubtError('disk.not-a-redo-log', `${redo} is no redo log.`, { file: redo });
    const source = new SessionDevice(new Chain(openLinks(heads, { context })));
    try {
      onProgress?.({ phase: 'preparing', doneBytes: 0, totalBytes: source.sizeBytes });
      const wanted: BaseRequest = {
        file: join(realPath(dirname(request.file)), basename(request.file)),
        capacityBytes: source.sizeBytes,
        // As its base was.
        split: (heads.at(-1)?.files.length ?? 1) > 1,
        bus: heads.at(-1)?.state.controller ?? 'ide',
        ...(request.linkId === undefined ? {} : { linkId: request.linkId }),
      };
      const made = await makeCopy(wanted, source, { onProgress, signal });
      onProgress?.({ phase: 'done', doneBytes: source.sizeBytes, totalBytes: source.sizeBytes });
      return { file: wanted.file, ...made };
    } finally {
      await source.close();
    }
  } finally {
    await locks.release();
  }
}

/** Throws what createBase throws of the names in the end, before anything is copied. */
async function makeCopy(
  wanted: BaseRequest,
  source: SessionDevice,
  { onProgress, signal }: { onProgress: CopyCommitRequest['onProgress']; signal: AbortSignal | undefined },
): Promise<{ files: string[]; copiedBytes: number }> {
  const { files } = planBaseFiles(wanted);
  const name = basename(wanted.file);
  const staging = await openStagingFolder(wanted.file);
  try {
    requireFree(files);
    const file = join(staging.path, name);
    await createBase({ ...wanted, file });
    const target = await openDiskSession({ file, mode: 'persistent' });
    let copiedBytes: number;
    try {
      copiedBytes = await copyDisk(source, target.device, {
        signal,
        onProgress: (doneBytes, totalBytes) => onProgress?.({ phase: 'copying', doneBytes, totalBytes }),
      });
    } finally {
      await target.close();
    }
    return { files: staging.publish(name), copiedBytes };
  } catch (error) {
    throw staging.inPlace(error);
  } finally {
    staging.remove();
  }
}

import { setImmediate } from 'node:timers/promises';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { MIB } from '../../base/units.ts';
import type { BlockDevice } from '../block-device.ts';
import type { AllocatedRun } from '../chain/allocated-runs.ts';
import type { Link } from '../chain/link.ts';
import type { Extent } from '../formats/extent.ts';

/** One read of the child and where its parts go on the disk; zeros where `extent` is absent. */
export interface CopyBatch {
  readonly extent: Extent | undefined;
  readonly addressBytes: number;
  readonly lengthBytes: number;
  /** In the order of the file, without gaps; disk offsets. */
  readonly pieces: readonly { readonly offsetBytes: number; readonly lengthBytes: number }[];
}

const batchBytes = 8 * MIB;
/** How much may have to be copied again after a crash. */
const syncEveryBytes = 256 * MIB;

export interface CopyOptions {
  /** Bytes, in the order of the child's files, that are in the parent already. */
  readonly skipBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onCopied: (doneBytes: number) => void;
  /** Everything up to here is on the parent's device. */
  readonly onSynced: (doneBytes: number) => void;
}

/** Cuts the runs of a link into large reads, in the order of its files. The last run ends with the disk. Pure. */
export function* planCopy(runs: Iterable<AllocatedRun>, skipBytes: number): Generator<CopyBatch> {
  let pieces: { offsetBytes: number; lengthBytes: number }[] = [];
  let extent: Extent | undefined;
  let addressBytes = 0;
  let lengthBytes = 0;
  let skip = skipBytes;
  for (const run of runs) {
    const skipped = Math.min(skip, run.lengthBytes);
    skip -= skipped;
    for (let done = skipped; done < run.lengthBytes;) {
      const at = run.addressBytes + done;
      const continues =
        lengthBytes < batchBytes &&
        run.extent === extent &&
        (extent === undefined || at === addressBytes + lengthBytes);
      if (!continues) {
        if (lengthBytes > 0) yield { extent, addressBytes, lengthBytes, pieces };
        pieces = [];
        extent = run.extent;
        addressBytes = at;
        lengthBytes = 0;
      }
      const length = Math.min(run.lengthBytes - done, batchBytes - lengthBytes);
      pieces.push({ offsetBytes: run.offsetBytes + done, lengthBytes: length });
      lengthBytes += length;
      done += length;
    }
  }
  if (lengthBytes > 0) yield { extent, addressBytes, lengthBytes, pieces };
}

/**
 * Copies what a link holds to a device: large reads in the order of the file, writes joined where they are
 * neighbours on the disk, synced now and then and at the end. Throws job.cancelled between two reads.
 */
export async function copyLink(child: Link, target: BlockDevice, options: CopyOptions): Promise<void> {
  const buffer = new Uint8Array(batchBytes);
  let doneBytes = options.skipBytes;
  let unsyncedBytes = 0;
  for (const batch of planCopy(child.allocatedRuns(), options.skipBytes)) {
    if (options.signal?.aborted === true)
      throw new RedoubtError('job.cancelled', 'The commit was stopped; it can be resumed.', {});
    await copyBatch(target, batch, buffer);
    doneBytes += batch.lengthBytes;
    unsyncedBytes += batch.lengthBytes;
    if (unsyncedBytes >= syncEveryBytes) {
      await target.flush();
      options.onSynced(doneBytes);
      unsyncedBytes = 0;
    }
    options.onCopied(doneBytes);
    // Synchronous I/O would starve the signal and the progress.
    await setImmediate();
  }
  await target.flush();
  options.onSynced(doneBytes);
}

async function copyBatch(target: BlockDevice, batch: CopyBatch, buffer: Uint8Array): Promise<void> {
  const bytes = buffer.subarray(0, batch.lengthBytes);
  // A file that ends inside its last grain reads as zeros from there on.
  const got = batch.extent?.readAt(batch.addressBytes, bytes) ?? 0;
  bytes.fill(0, got);
  for (const { offsetBytes, chunks } of joinNeighbours(batch, bytes)) {
    const pending = target.write(offsetBytes, chunks);
    if (pending !== undefined) await pending;
  }
}

function joinNeighbours(batch: CopyBatch, bytes: Uint8Array): { offsetBytes: number; chunks: Uint8Array[] }[] {
  let at = 0;
  const placed = batch.pieces.map(({ offsetBytes, lengthBytes }) => {
    const chunk = bytes.subarray(at, at + lengthBytes);
    at += lengthBytes;
    return { offsetBytes, chunk };
  });
  placed.sort((a, b) => a.offsetBytes - b.offsetBytes);
  const writes: { offsetBytes: number; endBytes: number; chunks: Uint8Array[] }[] = [];
  for (const { offsetBytes, chunk } of placed) {
    const last = writes.at(-1);
    if (last?.endBytes === offsetBytes) {
      last.chunks.push(chunk);
      last.endBytes += chunk.length;
    } else {
      writes.push({ offsetBytes, endBytes: offsetBytes + chunk.length, chunks: [chunk] });
    }
  }
  return writes;
}

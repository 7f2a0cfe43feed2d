import { setImmediate } from 'node:timers/promises';
import { MIB, SECTOR_BYTES } from '../../base/units.ts';
import type { Chain } from '../chain/chain.ts';
import { FREED_GRAIN_BYTES, freeableRuns } from '../chain/free-grains.ts';
import { isZeroRange } from '../chain/zero-rows.ts';
import type { Extent } from '../formats/extent.ts';

const READ_BYTES = 4 * MIB;

export interface ShrinkProgress {
  /** `looking` for grains of zeros, then `moving` grains into gaps. */
  readonly phase: 'looking' | 'moving' | 'done';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ShrinkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ShrinkProgress) => void) | undefined;
}

/**
 * Makes the files of a chain's leaf shorter; it reads the same at every moment. The leaf is open for writing with
 * its present identity, and nobody else uses the chain.
 *
 * 1. Grains that hold only zeros, over what no link below has, are freed.
 * 2. Grains behind where a file could end are copied into its gaps; synced; then their entries follow; synced. Some
 *    at a time, so that it can be stopped after each.
 * 3. Closing the link clean cuts the files off, which comes last.
 *
 * Returns whether it came to its end; a signal stops it, with what is done staying done. Throws disk.corrupt (a
 * file must be repaired first), disk.no-space, disk.io.
 */
export async function shrinkLeaf(chain: Chain, options: ShrinkOptions = {}): Promise<boolean> {
  const isDone = (await freeZeros(chain, options)) && (await moveGrains(chain, options));
  if (isDone) options.onProgress?.({ phase: 'done', doneBytes: 0, totalBytes: 0 });
  return isDone;
}

async function freeZeros(chain: Chain, { signal, onProgress }: ShrinkOptions): Promise<boolean> {
  const { leaf } = chain;
  const totalBytes = leaf.allocatedBytes();
  let doneBytes = 0;
  for (const { extent, firstGrain, count } of freeableRuns(chain, 0, chain.sizeBytes)) {
    const grainsAtOnce = Math.max(1, READ_BYTES / extent.grainBytes);
    for (let at = 0; at < count; at += grainsAtOnce) {
      const grains = Math.min(grainsAtOnce, count - at);
      for (const zeros of zeroRuns(extent, firstGrain + at, grains)) {
        leaf.beginWriting(extent);
        extent.free?.(zeros.firstGrain, zeros.count);
        leaf.noteWritten(zeros.count * FREED_GRAIN_BYTES);
      }
      doneBytes += grains * extent.grainBytes;
      onProgress?.({ phase: 'looking', doneBytes, totalBytes });
      await setImmediate();
      if (signal?.aborted === true) return false;
    }
  }
  await leaf.flush();
  return true;
}

/** The grains of a few that hold only zeros. */
function* zeroRuns(
  extent: Extent,
  firstGrain: number,
  count: number,
): Generator<{ firstGrain: number; count: number }> {
  const places = new Uint32Array(count);
  extent.readPlaces(firstGrain, count, places);
  const isZero = readZeros(extent, places);
  for (let index = 0; index < count; index++) {
    if (!isZero(index)) continue;
    const start = index;
    while (index < count && isZero(index)) index++;
    yield { firstGrain: firstGrain + start, count: index - start };
  }
}

/** Reads grains, those that lie one behind the other in one call. */
function readZeros(extent: Extent, places: Uint32Array): (index: number) => boolean {
  const { grainBytes } = extent;
  const zeros = new Uint8Array(places.length);
  for (let from = 0; from < places.length;) {
    const place = places[from] as number;
    let count = 1;
    while (places[from + count] === place + (count * grainBytes) / SECTOR_BYTES) count++;
    const bytes = new Uint8Array(count * grainBytes);
    extent.readAt(extent.originBytes + place * SECTOR_BYTES, bytes);
    for (let index = 0; index < count; index++)
      zeros[from + index] = isZeroRange(bytes, index * grainBytes, (index + 1) * grainBytes) ? 1 : 0;
    from += count;
  }
  return (index) => zeros[index] === 1;
}

async function moveGrains({ leaf }: Chain, { signal, onProgress }: ShrinkOptions): Promise<boolean> {
  // All are looked at before anything is moved: one that is damaged should stop everything.
  const planned = leaf.extents.map((extent) => ({ extent, compaction: extent.compaction?.() }));
  const totalBytes = planned.reduce((sum, { compaction }) => sum + (compaction?.totalBytes ?? 0), 0);
  let doneBytes = 0;
  for (const { extent, compaction } of planned) {
    if (compaction === undefined) continue;
    let isStopped = signal?.aborted === true;
    while (!isStopped && compaction.totalBytes > 0) {
      // Each time: whoever slept long enough to be taken for dead must not lay grains over what his successor has.
      leaf.beginWriting(extent);
      const bytes = compaction.step();
      await leaf.flush();
      if (bytes === 0) break;
      doneBytes += bytes;
      onProgress?.({ phase: 'moving', doneBytes, totalBytes });
      isStopped = signal?.aborted === true;
    }
    if (compaction.finish()) leaf.beginWriting(extent);
    if (isStopped) return false;
  }
  return true;
}

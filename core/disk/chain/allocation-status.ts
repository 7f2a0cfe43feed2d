import type { AllocationRun } from '../block-device.ts';
import type { Lookup } from './plan.ts';

/** Tables are read, and guests wait, for no longer than this many windows take: 256 MiB of the disk. */
const MAX_WINDOWS = 32;

/**
 * What of [offsetBytes, endBytes) of the disk some link has content for, as runs of either kind in turn. At
 * most `maximumRuns` of them, and none past the range; they end early where the work becomes too much.
 * Pure but for the tables that the lookup loads on first touch. Throws disk.corrupt, disk.io.
 */
export function allocationStatus(
  lookup: Lookup,
  offsetBytes: number,
  endBytes: number,
  maximumRuns: number,
): AllocationRun[] {
  const runs: AllocationRun[] = [];
  let at = offsetBytes;
  let runStart = offsetBytes;
  let isAllocated: boolean | undefined;
  for (let windows = 0; at < endBytes && windows < MAX_WINDOWS; windows++) {
    const window = lookup.windowAt(at);
    const windowEnd = Math.min(endBytes, window.endBytes);
    while (at < windowEnd) {
      const next = Math.min(windowEnd, window.locate(at));
      const isHere = window.extent !== undefined;
      if (isHere !== isAllocated) {
        if (isAllocated !== undefined) runs.push({ lengthBytes: at - runStart, isAllocated });
        if (runs.length === maximumRuns) return runs;
        runStart = at;
        isAllocated = isHere;
      }
      at = next;
    }
  }
  if (isAllocated !== undefined) runs.push({ lengthBytes: at - runStart, isAllocated });
  return runs;
}

import type { Chain } from './chain.ts';
import { planRead, type Lookup } from './plan.ts';

/** A range of the disk. */
export interface DiskRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * What a write of a range has to read from below: the rest of its first and its last grain, where the leaf does
 * not have them and others do.
 */
export function fillsOf(lookup: Lookup, chain: Chain, { offsetBytes, lengthBytes }: DiskRange): DiskRange[] {
  if (lengthBytes === 0) return [];
  const endBytes = offsetBytes + lengthBytes;
  const { start } = grainAt(chain, offsetBytes);
  const { end } = grainAt(chain, endBytes - 1);
  const rests = [
    { offsetBytes: start, lengthBytes: offsetBytes - start },
    { offsetBytes: endBytes, lengthBytes: end - endBytes },
  ];
  return rests.filter((rest) => {
    if (rest.lengthBytes === 0) return false;
    const leafExtent = chain.leafExtentAt(rest.offsetBytes);
    return planRead(lookup, rest.offsetBytes, rest.lengthBytes).some(
      ({ extent }) => extent !== undefined && extent !== leafExtent,
    );
  });
}

/** Where the leaf's grain that holds a byte of the disk begins and ends, as far as its extent reaches. */
function grainAt(chain: Chain, offsetBytes: number): { start: number; end: number } {
  const { grainBytes, startBytes, spanBytes } = chain.leafExtentAt(offsetBytes);
  const start = offsetBytes - ((offsetBytes - startBytes) % grainBytes);
  return { start, end: Math.min(start + grainBytes, startBytes + spanBytes) };
}

import { SECTOR_BYTES } from '../../../base/units.ts';
import type { LinkState } from '../link-state.ts';
import type { CowdHeader } from './header.ts';

/** What a header says of its link. */
export function stateOf(header: CowdHeader): LinkState {
  const { parent, generation, record, isClean, controller, ordinal, fileCount } = header;
  const capacitySectors = fileCount === 1 ? header.capacitySectors : header.diskCapacitySectors;
  return {
    ...(parent === undefined ? {} : { parent }),
    generation,
    ...(record === undefined ? {} : { record }),
    isClean,
    controller,
    ordinal,
    fileCount,
    ...(capacitySectors === 0 ? {} : { capacityBytes: capacitySectors * SECTOR_BYTES }),
  };
}

/** The header with what may change of a link's state. What the state lacks stays as it is. */
export function withState(header: CowdHeader, { parent, generation, record }: LinkState): CowdHeader {
  return {
    ...header,
    generation,
    ...(header.parent === undefined || parent === undefined ? {} : { parent }),
    ...(record === undefined ? {} : { record }),
  };
}

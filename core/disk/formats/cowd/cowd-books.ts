import type { Extent } from '../extent.ts';
import type { LinkBooks, StateChange } from '../link-books.ts';
import type { LinkState } from '../link-state.ts';
import type { CowdExtent } from './cowd-extent.ts';
import { stateOf, withState } from './header-state.ts';

/**
 * The books of a COWD link are the headers of its segments; segment 0 speaks for all.
 *
 * Order of writes: CLEAN off in segment 0, synced; then generation and content id, which lie in one sector
 * with everything else that names the link, synced. A further segment takes both before its own first write.
 * So whatever a crash leaves, no segment holds new data under an old name, and none is newer than segment 0.
 */
export class CowdBooks implements LinkBooks {
  private readonly extents: readonly CowdExtent[];
  private readonly first: CowdExtent;

  constructor(first: CowdExtent, extents: readonly CowdExtent[]) {
    this.first = first;
    this.extents = extents;
  }

  get state(): LinkState {
    return stateOf(this.first.header);
  }

  get isClean(): boolean {
    return this.extents.every((extent) => extent.header.isClean);
  }

  begin(extent: Extent, isSynced: boolean, identify: StateChange): void {
    this.first.begin(isSynced, (header) => withState(header, identify(stateOf(header))));
    if (extent === this.first) return;
    this.own(extent).begin(isSynced, (header) => withState(header, this.identityOfFirst(stateOf(header))));
  }

  change(scope: 'first' | 'all', change: StateChange, isSynced: boolean): void {
    const rest = scope === 'all' ? this.extents.slice(1) : [];
    for (const extent of [...rest, this.first])
      extent.patchHeader((header) => withState(header, change(stateOf(header))), isSynced);
  }

  finishClean(scope: 'begun' | 'all', isSynced: boolean): void {
    for (const extent of this.extents) {
      if (scope === 'all' && !extent.header.isClean) extent.begin(isSynced);
      extent.finishClean(isSynced);
    }
  }

  private own(extent: Extent): CowdExtent {
    return this.extents[this.extents.indexOf(extent as CowdExtent)] as CowdExtent;
  }

  private identityOfFirst(state: LinkState): LinkState {
    const { generation, record } = this.first.header;
    if (state.record === undefined || record === undefined) return { ...state, generation };
    return { ...state, generation, record: { ...state.record, contentId: record.contentId } };
  }
}

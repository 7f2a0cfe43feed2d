import type { Extent } from './extent.ts';
import type { LinkState } from './link-state.ts';

/** Gives the state that follows. Only `parent`, `generation` and `record` are kept of it. */
export type StateChange = (state: LinkState) => LinkState;

/**
 * Where an open link keeps who it is, and how that changes durably. COWD: the headers of its segments. Other
 * formats: the side file `FILE.redoubt`, and with it whatever mark of their own they have.
 *
 * Everything is on the device when a call returns, unless it was asked with `isSynced` false. Who the link is
 * changes in one step: a crash leaves the old state or the new one.
 */
export interface LinkBooks {
  readonly state: LinkState;
  /** Whether every file was closed as it should be. */
  readonly isClean: boolean;
  /**
   * Before the first write to `extent`. The first call of all: the link is marked as being written, synced; then
   * it gets its new identity from `identify`, in one step, synced. Further extents follow before their own first
   * write. Afterwards the extent `isBegun`. A call that fails changes nothing that a second one can't make good.
   */
  begin(extent: Extent, isSynced: boolean, identify: StateChange): void;
  /** Changes the state: in the first file, or in all, the first last. */
  change(scope: 'first' | 'all', change: StateChange, isSynced: boolean): void;
  /**
   * After the last flush: what was begun is marked as closed, last of all writes. `all`: also what was found
   * unclean. May begin again afterwards.
   */
  finishClean(scope: 'begun' | 'all', isSynced: boolean): void;
}

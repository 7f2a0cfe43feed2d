import { hostFiles, type FileLayer } from '../files/disk-file.ts';
import type { LinkState } from '../formats/link-state.ts';
import { formatNamed } from '../formats/open-format.ts';
import type { LinkHead } from '../link-head.ts';

/** A state of a parent, as its child records it. */
export interface ParentState {
  readonly generation: number;
  /** Absent for a foreign parent. */
  readonly contentId: string | undefined;
}

/** How a child calls its parent. */
export interface ParentNames {
  readonly storedName: string;
  /** Empty where there is none. */
  readonly relativePath: string;
}

/**
 * Writes into all files of a child which state of its parent it lies over, each in one step, synced, the
 * first last. `names`: the child hangs from another file from now on.
 *
 * The stored name lies in other sectors than all the rest, so it is written first, in all files, synced: after
 * a crash in between the child is found by its relative path where it was, or, by the stored name, over the
 * new parent with the old state; what moves children from a parent to another accepts both and goes on.
 */
export function recordParent(
  child: Pick<LinkHead, 'format' | 'files'>,
  parent: ParentState,
  names?: ParentNames,
  layer: FileLayer = hostFiles,
): void {
  const format = formatNamed(child.format);
  if (names !== undefined) {
    const { storedName } = names;
    format.changeState(layer, child.files, (state) =>
      state.parent === undefined ? state : { ...state, parent: { ...state.parent, storedName } },
    );
  }
  format.changeState(layer, child.files, (state) => withParent(state, parent, names?.relativePath));
}

function withParent(
  state: LinkState,
  { generation, contentId }: ParentState,
  relativePath: string | undefined,
): LinkState {
  if (state.parent === undefined) return state;
  const parent = { ...state.parent, generation };
  if (state.record === undefined) return { ...state, parent };
  const { parentContentId: _, relativePath: oldPath, ...rest } = state.record;
  const path = relativePath ?? oldPath;
  const record = {
    ...rest,
    ...(contentId === undefined ? {} : { parentContentId: contentId }),
    ...(path === undefined || path === '' ? {} : { relativePath: path }),
  };
  return { ...state, parent, record };
}

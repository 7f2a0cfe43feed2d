import { hostFiles } from './disk-file.ts';
import type { LinkState } from './formats/link-state.ts';
import { formatNamed } from './formats/open-format.ts';
import type { LinkHead } from './link-head.ts';

/** A state of a parent, as its child records it. */
export interface ParentState {
  readonly generation: number;
  /** Absent for a foreign parent. */
  readonly contentId: string | undefined;
}

/**
 * Writes into all files of a child which state of its parent it lies over, each in one step, synced, the
 * first last. `names`: the child hangs from another file from now on.
 */
export function recordParent(
  child: LinkHead,
  parent: ParentState,
  names?: { readonly storedName: string; readonly relativePath: string },
): void {
  formatNamed(child.format).changeState(hostFiles, child.files, (state) => withParent(state, parent, names));
}

function withParent(
  state: LinkState,
  { generation, contentId }: ParentState,
  names: { readonly storedName: string; readonly relativePath: string } | undefined,
): LinkState {
  if (state.parent === undefined) return state;
  const parent = { storedName: names?.storedName ?? state.parent.storedName, generation };
  if (state.record === undefined) return { ...state, parent };
  const { parentContentId: _, relativePath: oldPath, ...rest } = state.record;
  const relativePath = names === undefined ? oldPath : names.relativePath;
  const record = {
    ...rest,
    ...(contentId === undefined ? {} : { parentContentId: contentId }),
    ...(relativePath === undefined || relativePath === '' ? {} : { relativePath }),
  };
  return { ...state, parent, record };
}

import { hostFiles } from './disk-file.ts';
import type { CowdHeader } from './formats/cowd/header.ts';
import { patchHeader } from './formats/cowd/read-header.ts';

/** A state of a parent, as its child records it. */
export interface ParentState {
  readonly generation: number;
  /** Absent for a foreign parent. */
  readonly contentId: string | undefined;
}

/**
 * Writes into all segments of a child which state of its parent it lies over, each in one sector write,
 * synced, the first segment last. `names`: the child hangs from another file from now on.
 */
export function recordParent(
  files: readonly string[],
  state: ParentState,
  names?: { readonly storedName: string; readonly relativePath: string },
): void {
  for (const path of [...files].reverse()) {
    const file = hostFiles.open(path, true);
    try {
      patchHeader(file, (header) => withParent(header, state, names));
    } finally {
      file.close();
    }
  }
}

function withParent(
  header: CowdHeader,
  { generation, contentId }: ParentState,
  names: { readonly storedName: string; readonly relativePath: string } | undefined,
): CowdHeader {
  if (header.parent === undefined) return header;
  const parent = { storedName: names?.storedName ?? header.parent.storedName, generation };
  if (header.record === undefined) return { ...header, parent };
  const { parentContentId: _, relativePath: oldPath, ...rest } = header.record;
  const relativePath = names === undefined ? oldPath : names.relativePath;
  const record = {
    ...rest,
    ...(contentId === undefined ? {} : { parentContentId: contentId }),
    ...(relativePath === undefined || relativePath === '' ? {} : { relativePath }),
  };
  return { ...header, parent, record };
}

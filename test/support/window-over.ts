import { MergedWindow } from '../../core/disk/chain/merged-window.ts';
import { TableMemory } from '../../core/disk/chain/table-memory.ts';
import { WindowShape } from '../../core/disk/chain/window-shape.ts';
import type { Extent } from '../../core/disk/formats/extent.ts';

/** The first window of a disk of so many bytes, with the extents that lie there, the leaf's first. */
export function windowOver(extents: readonly Extent[], diskBytes: number): MergedWindow {
  const shape = WindowShape.of(0, extents, diskBytes, new TableMemory());
  const window = new MergedWindow(shape);
  window.fill(shape, 0);
  return window;
}

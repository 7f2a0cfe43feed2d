import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from '../files/disk-file.ts';
import { formatNamed } from '../formats/open-format.ts';
import type { LinkHead } from '../link-head.ts';
import { withGate } from '../locks/gate.ts';

/**
 * Makes sure, before a redo log is made over it, that a disk which keeps its record beside it has one that holds.
 * Where no file can be made (a read-only share) the log knows it by its CID or by samples of its content.
 * Throws disk.locked (the gate), disk.io, and what opening the disk throws.
 */
export async function keepRecord(head: LinkHead): Promise<void> {
  const format = formatNamed(head.format);
  if (format.keepRecord === undefined) return;
  try {
    await withGate(head.path, () => format.keepRecord?.(hostFiles, head.files));
  } catch (error) {
    if (error instanceof RedoubtError && (error.is('disk.permission') || error.is('disk.not-found'))) return;
    throw error;
  }
}

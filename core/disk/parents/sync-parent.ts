import { dirname } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from '../files/disk-file.ts';
import { openRaw } from '../formats/flat/raw-format.ts';
import type { LinkHead } from '../link-head.ts';

/**
 * To be called before a child records what state its parent is in. What was read of the parent may be known to the
 * host's memory alone, because whoever wrote it was killed before it was synced: the child would outlive a loss of
 * power, and that state would not. A link that was closed clean has synced all of it. Throws disk.io, disk.not-found,
 * disk.permission.
 */
export function syncParent({ path, files, format, state }: LinkHead): void {
  // Beside foreign formats lies a file that was put in its place by a rename.
  if (format !== 'cowd') {
    whereAllowed(() => {
      hostFiles.syncDirectory(dirname(path));
    });
  }
  if (state.isClean && format === 'cowd') return;
  for (const file of files) {
    const opened = openRaw(hostFiles, file, false);
    try {
      whereAllowed(() => {
        opened.syncNow();
      });
    } finally {
      opened.close();
    }
  }
}

/** What is only read can't be synced everywhere (Windows, folders that may not be listed); then it is left to the host. */
function whereAllowed(sync: () => void): void {
  try {
    sync();
  } catch (error) {
    if (!(error instanceof RedoubtError && error.is('disk.permission'))) throw error;
  }
}

import { dirname } from 'node:path';
import { hostFiles } from './disk-file.ts';
import { createExtent, type NewExtent } from './formats/cowd/create-extent.ts';

/**
 * Makes the files of a new link, all or none, synced with their folder. The first is made last: its name is
 * the link's, so a crash in between leaves no link. Throws disk.exists (with the file), disk.permission,
 * disk.not-found (the folder), disk.no-space, disk.bad-size, disk.io.
 */
export function createLinkFiles(extents: readonly NewExtent[], { isSynced = true }: { isSynced?: boolean } = {}): void {
  const made: string[] = [];
  try {
    for (const extent of [...extents].reverse()) {
      createExtent(hostFiles, extent, { isSynced });
      made.push(extent.path);
    }
    const [first] = extents;
    if (isSynced && first !== undefined) hostFiles.syncDirectory(dirname(first.path));
  } catch (error) {
    for (const path of made.reverse()) hostFiles.remove(path);
    throw error;
  }
}

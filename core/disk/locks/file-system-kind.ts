import { statfsSync } from 'node:fs';

/**
 * Types of statfs(2) that one host alone mounts: ext2 to 4, XFS, Btrfs, Bcachefs, F2FS, ZFS, JFS, ReiserFS,
 * NILFS, tmpfs, ramfs, overlayfs, FAT, exFAT, NTFS (both drivers), HFS+, UDF.
 */
const localTypes = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xca451a4e, 0xf2f52010, 0x2fc12fc1, 0x3153464a, 0x52654973, 0x3434, 0x01021994,
  0x858458f6, 0x794c7630, 0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0x482b, 0x15013346,
]);

/** Whether a folder's file system belongs to this host alone. Unknown (FUSE too) counts as shared: then nothing is assumed. */
export function isLocalFileSystem(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return localTypes.has(statfsSync(folder).type >>> 0);
  } catch {
    return false;
  }
}

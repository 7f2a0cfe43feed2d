import { statfsSync } from 'node:fs';

/** Types of statfs(2) that more than one host can mount at a time: NFS, SMB 1 to 3, CIFS, FUSE, AFS, 9P, Ceph, GFS2, OCFS2, Lustre. */
const sharedTypes = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546, 0x5346414f, 0x01021997, 0x00c36400, 0x01161970, 0x7461636f,
  0x0bd00bd0,
]);

/** Whether a folder's file system belongs to this host alone. Unknown counts as shared: then nothing is assumed. */
export function isLocalFileSystem(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return !sharedTypes.has(statfsSync(folder).type >>> 0);
  } catch {
    return false;
  }
}

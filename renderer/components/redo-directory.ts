import { folderOf, isAbsolutePath, joinPath } from './path-text.ts';

/**
 * The folder that a REDO log directory setting means: blank is beside the disk, a single period the
 * machine's folder, anything else itself, below the machine's folder when it is relative.
 */
export function resolveRedoDirectory(setting: string, machineDirectory: string, diskPath: string): string {
  const typed = setting.trim();
  if (typed === '') return folderOf(diskPath);
  if (typed === '.') return machineDirectory;
  return isAbsolutePath(typed) ? typed : joinPath(machineDirectory, typed);
}

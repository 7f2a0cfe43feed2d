/**
 * Reading paths as text. The page never resolves a path: the host's file system may be another
 * computer's, of another family, so both separators count.
 */

/** All but the last part, without a closing separator: `/vms/base`. The root stays the root; a bare name has none, so ''. */
export function folderOf(path: string): string {
  const end = lastSeparator(path);
  if (end < 0) return '';
  const folder = path.slice(0, end);
  const isRoot = folder === '' || /^[A-Za-z]:$/.test(folder);
  return isRoot ? path.slice(0, end + 1) : folder;
}

/** Whether it starts at a root: `/…`, `C:\…`, `\\server\…`. */
export function isAbsolutePath(path: string): boolean {
  return /^(\/|\\\\|[A-Za-z]:[\\/])/.test(path);
}

/** Puts a name below a folder with the separator that the folder uses. */
export function joinPath(folder: string, name: string): string {
  if (folder === '') return name;
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/';
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
}

/** Whether `path` lies in `folder` or below it. Compares text: no links are followed. */
export function isInside(path: string, folder: string): boolean {
  const wanted = withoutEnd(folder).replaceAll('\\', '/');
  const whole = path.replaceAll('\\', '/');
  return wanted !== '' && whole.startsWith(`${wanted}/`);
}

function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
}

function withoutEnd(folder: string): string {
  return folder.replace(/[\\/]+$/, '');
}

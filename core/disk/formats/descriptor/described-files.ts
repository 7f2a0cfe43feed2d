import { realpathSync } from 'node:fs';
import { basename, dirname, resolve, win32 } from 'node:path';
import type { FoundDescriptor } from './read-descriptor.ts';

/**
 * The files of a disk besides the one with the descriptor, in the order of the extents; extents of zeros
 * have none. Real paths, of those that are there. A descriptor inside a sparse extent speaks of that file, whatever its name is now.
 */
export function describedFiles({ descriptor, ownHeader }: FoundDescriptor, descriptorPath: string): string[] {
  if (ownHeader !== undefined) return [];
  const folder = dirname(descriptorPath);
  return descriptor.extents.flatMap(({ fileName }) =>
    fileName === undefined ? [] : [realPathIfThere(pathOf(folder, fileName))],
  );
}

/** A path from Windows has its folders between backslashes, which are ordinary characters elsewhere: then the name alone counts. */
function pathOf(folder: string, fileName: string): string {
  const isForeign = process.platform !== 'win32' && fileName.includes('\\');
  return resolve(folder, isForeign ? win32.basename(fileName) : fileName);
}

/** So that what is judged by its path is what will be opened. */
function realPathIfThere(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Where the descriptor of one of the files of a disk would be by the usual names: `disk-s002.vmdk`,
 * `disk-f001.vmdk` and `disk-flat.vmdk` are of `disk.vmdk`. `undefined` for other names.
 */
export function descriptorOfExtent(path: string): { path: string; part: number } | undefined {
  const match = /^(.+)-(?:[sf](\d{3,})|flat|delta)(\.[^.]+)$/i.exec(basename(path));
  if (match === null) return undefined;
  const [, stem = '', number, extension = ''] = match;
  return { path: resolve(dirname(path), stem + extension), part: number === undefined ? 1 : Number(number) };
}

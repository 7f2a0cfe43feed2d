import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file system, by the folder it is mounted on. */
export interface VolumeRoom {
  readonly volume: string;
  /** What this user may still use. */
  readonly freeBytes: number;
}

/** Among the volumes of these files the one with the least room; `undefined` where none can be seen. */
export function fullestVolume(files: readonly string[]): VolumeRoom | undefined {
  const rooms = files.flatMap((file) => roomAt(dirname(file)) ?? []);
  return rooms.sort((a, b) => a.freeBytes - b.freeBytes)[0];
}

function roomAt(folder: string): VolumeRoom | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return { volume: mountPoint(folder), freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}

/** The topmost folder above `folder` that lies on the same device. */
function mountPoint(folder: string): string {
  const { dev } = statSync(folder);
  let top = folder;
  for (let above = dirname(top); above !== top && statSync(above).dev === dev; above = dirname(top)) top = above;
  return top;
}

import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Paused } from '../api/machines.ts';
import { MIB } from '../base/units.ts';

/** A guest that goes on with less will soon be paused again: the engine gathers up to 32 MiB between flushes. */
const roomToGoOnBytes = 32 * MIB;

/** What people are told of a pause. `leaves`: the files that take the writes. */
export function whyPaused(reason: Paused['reason'], leaves: readonly string[]): Paused {
  return reason === 'asked' ? { reason } : { reason, ...fullestVolume(leaves), needBytes: roomToGoOnBytes };
}

/** A file system, by the folder it is mounted on. */
interface VolumeRoom {
  readonly volume: string;
  /** What this user may still use. */
  readonly freeBytes: number;
}

/** Among the volumes of these files the one with the least room; `undefined` where none can be seen. */
function fullestVolume(files: readonly string[]): VolumeRoom | undefined {
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

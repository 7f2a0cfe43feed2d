import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { countOf } from '../base/units.ts';
import type { Link } from './chain/link.ts';
import { ZEROS, type Extent } from './formats/extent.ts';

/** A run may be a whole file of small grains. */
const grainsAtOnce = 4096;

export interface CommitRoom {
  /** What the child holds. */
  readonly copyBytes: number;
  /** Upper bound of what the parent's files will take more than now. */
  readonly needBytes: number;
  readonly freeBytes: number;
}

/**
 * Works out the room that a commit takes: every grain of the parent that the child touches and the parent
 * lacks, its tables that are still holes, and holes in the parent's files that may be written over.
 */
export function commitRoom(child: Link, parent: Link): CommitRoom {
  const counts = parent.extents.map((extent) => new ExtentCount(extent));
  let copyBytes = 0;
  for (const { offsetBytes, lengthBytes } of child.allocatedRuns()) {
    copyBytes += lengthBytes;
    for (const count of counts) count.add(offsetBytes, offsetBytes + lengthBytes);
  }
  const needBytes = counts.reduce((sum, count) => sum + count.needBytes(), 0);
  return { copyBytes, needBytes, freeBytes: freeBytes(dirname(parent.path)) };
}

/** Space for new data on a folder's file system, for this user. */
export function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch (error) {
    throw asFileError(error, folder, 'read');
  }
}

/** Counts what one extent of the parent will need. Each grain counts once, however many of the child's lie in it. */
class ExtentCount {
  private readonly extent: Extent;
  private seen: Uint8Array | undefined;
  private readonly tables = new Set<number>();
  private newGrains = 0;
  private overwrittenGrains = 0;

  constructor(extent: Extent) {
    this.extent = extent;
  }

  add(startBytes: number, endBytes: number): void {
    const { extent } = this;
    const from = Math.max(startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    if (from >= to) return;
    const first = Math.floor(from / extent.grainBytes);
    const end = countOf(to, extent.grainBytes);
    this.seen ??= new Uint8Array(countOf(extent.grainCount, 8));
    const places = new Uint32Array(Math.min(end - first, grainsAtOnce));
    for (let grain = first; grain < end; grain += places.length) {
      const count = Math.min(places.length, end - grain);
      extent.readPlaces(grain, count, places);
      for (let index = 0; index < count; index++) this.addGrain(grain + index, (places[index] as number) > ZEROS);
    }
  }

  needBytes(): number {
    const { grainBytes, tableBytes, path } = this.extent;
    const { size, blocks } = statSync(path);
    const holeBytes = Math.max(0, size - blocks * 512);
    return (
      this.newGrains * grainBytes +
      this.tables.size * tableBytes +
      Math.min(this.overwrittenGrains * grainBytes, holeBytes)
    );
  }

  private addGrain(grain: number, isAllocated: boolean): void {
    const seen = this.seen as Uint8Array;
    const mask = 1 << (grain & 7);
    const byte = seen[grain >>> 3] ?? 0;
    if ((byte & mask) !== 0) return;
    seen[grain >>> 3] = byte | mask;
    if (isAllocated) {
      this.overwrittenGrains++;
    } else {
      this.newGrains++;
      const { grainsPerTable } = this.extent;
      if (grainsPerTable > 0) this.tables.add(Math.floor(grain / grainsPerTable));
    }
  }
}

import { statfsSync } from 'node:fs';
import { asFileError } from '../../base/file-error.ts';
import { requireStatus } from '../../base/file-status.ts';
import { countOf, SECTOR_BYTES } from '../../base/units.ts';
import { Link } from '../chain/link.ts';
import type { CommitWay } from './commit-checks.ts';
import { ZEROS, type Extent } from '../formats/extent.ts';
import type { LinkHead } from '../link-head.ts';

/** A run may be a whole file of small grains. */
const grainsAtOnce = 4096;
/** Journal, lists and folder entries, and the headers and directory of a file that is made. */
const smallFilesBytes = 64 * 1024;

export interface CommitRoom {
  /** What the child holds. */
  readonly copyBytes: number;
  /** What the files of one file system will take more than now: of the one that is the shortest of room. */
  readonly needBytes: number;
  readonly freeBytes: number;
  /** A file on it that grows. */
  readonly file: string;
}

export interface RoomPlan {
  readonly way?: CommitWay | undefined;
  readonly isResumed?: boolean;
}

/**
 * Works out the room that a commit takes, file system by file system: every grain of the parent that the
 * child touches and the parent lacks, the tables of these grains that are still holes, grains that are holes
 * and will be written over, and an old-state link. Nothing is counted that is not certain to be needed, so
 * that no commit is refused that would fit; one that runs out of room all the same can be resumed.
 */
export function commitRoom(child: Link, parent: Link, plan: RoomPlan): CommitRoom {
  const counts = parent.extents.map((extent) => new ExtentCount(extent));
  const copyBytes = countRuns(child, counts);
  const volumes = new Volumes();
  for (const count of counts) volumes.add(count.path, count.newBytes());
  volumes.add(parent.path, plan.isResumed === true ? 0 : smallFilesBytes);
  if (plan.way?.kind === 'preserve') volumes.add(parent.path, oldStateBytes(child, plan.way.extended));
  // Reading what will be written over takes long, and is worth it only where its holes would tip the scales.
  const holes = counts.reduce((sum, count) => sum + count.mostHoleBytes(), 0);
  const certain = volumes.tightest();
  if (certain.needBytes <= certain.freeBytes && certain.needBytes + holes > certain.freeBytes) {
    for (const count of counts) volumes.add(count.path, holesWrittenOver(child, count));
  }
  return { copyBytes, ...volumes.tightest() };
}

/** Returns the bytes of all runs. */
function countRuns(child: Link, counts: readonly ExtentCount[]): number {
  let copyBytes = 0;
  for (const { offsetBytes, lengthBytes } of child.allocatedRuns()) {
    copyBytes += lengthBytes;
    for (const count of counts) count.add(offsetBytes, offsetBytes + lengthBytes);
  }
  return copyBytes;
}

/** What an old-state link takes: a new one has the shape of the child. */
function oldStateBytes(child: Link, extended: LinkHead | undefined): number {
  if (extended === undefined) {
    const counts = child.extents.map((extent) => new ExtentCount(extent));
    countRuns(child, counts);
    return counts.reduce((sum, count) => sum + count.bytesAsNew(), 0);
  }
  const link = Link.open({ files: [...extended.files], isWritable: false });
  try {
    const counts = link.extents.map((extent) => new ExtentCount(extent));
    countRuns(child, counts);
    return counts.reduce((sum, count) => sum + count.newBytes(), 0);
  } finally {
    link.close();
  }
}

/** Bytes of the grains that the child writes over and that read as zeros: as many as the file has holes. */
function holesWrittenOver(child: Link, count: ExtentCount): number {
  let bytes = 0;
  for (const { offsetBytes, lengthBytes } of child.allocatedRuns()) {
    if (bytes >= count.mostHoleBytes()) break;
    bytes += count.zeroBytesIn(offsetBytes, offsetBytes + lengthBytes);
  }
  return Math.min(bytes, count.mostHoleBytes());
}

/** Space for new data on the file system of a file or folder, for this user. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

/** Sums up by file system: segments may be symbolic links to others. */
class Volumes {
  private readonly needs = new Map<number, { file: string; needBytes: number }>();

  add(file: string, needBytes: number): void {
    const device = requireStatus(file).dev;
    const known = this.needs.get(device);
    if (known === undefined) this.needs.set(device, { file, needBytes });
    else known.needBytes += needBytes;
  }

  tightest(): { file: string; needBytes: number; freeBytes: number } {
    const all = [...this.needs.values()].map(({ file, needBytes }) => ({
      file,
      needBytes,
      freeBytes: freeBytes(file),
    }));
    const [first, ...rest] = all;
    if (first === undefined) throw new Error('a parent has files');
    return rest.reduce((a, b) => (b.freeBytes - b.needBytes < a.freeBytes - a.needBytes ? b : a), first);
  }
}

/**
 * Counts what one extent will need. Each grain counts once, however many of the child's lie in it.
 *
 * The host does not say where a file's holes are, only how many bytes of it there are none: that bounds what
 * empty tables and grains of zeros can still take.
 */
class ExtentCount {
  readonly path: string;
  private readonly extent: Extent;
  private readonly holeBytes: number;
  private seen: Uint8Array | undefined;
  private readonly touchedTables = new Set<number>();
  private newGrains = 0;
  private overwrittenGrains = 0;

  constructor(extent: Extent) {
    this.extent = extent;
    this.path = extent.path;
    const { size, blocks } = requireStatus(extent.path);
    this.holeBytes = Math.max(0, size - blocks * 512);
  }

  add(startBytes: number, endBytes: number): void {
    this.seen ??= new Uint8Array(countOf(this.extent.grainCount, 8));
    this.eachGrain(startBytes, endBytes, (grain, place) => {
      this.addGrain(grain, place > ZEROS);
    });
  }

  /** Grains that are added, and the tables for them that take no space yet. */
  newBytes(): number {
    return this.newGrains * this.extent.grainBytes + this.tableHoles();
  }

  /** The same for a file of this shape that has nothing yet. */
  bytesAsNew(): number {
    const { grainBytes, tableBytes } = this.extent;
    return (this.newGrains + this.overwrittenGrains) * grainBytes + this.touchedTables.size * tableBytes;
  }

  /** The most that holes can take which are written over. */
  mostHoleBytes(): number {
    return Math.min(this.overwrittenGrains * this.extent.grainBytes, this.holeBytes - this.tableHoles());
  }

  /** Bytes of grains in [startBytes, endBytes) that the extent has and that are all zeros. */
  zeroBytesIn(startBytes: number, endBytes: number): number {
    const { extent } = this;
    const bytes = Buffer.alloc(extent.grainBytes);
    const zeros = Buffer.alloc(extent.grainBytes);
    let found = 0;
    this.eachGrain(startBytes, endBytes, (_, place) => {
      if (place <= ZEROS) return;
      const got = extent.readAt(extent.originBytes + place * SECTOR_BYTES, bytes);
      if (bytes.compare(zeros, 0, got, 0, got) === 0) found += extent.grainBytes;
    });
    return found;
  }

  private tableHoles(): number {
    const { extent, touchedTables } = this;
    let bytes = 0;
    const places = new Uint32Array(extent.grainsPerTable);
    for (const table of touchedTables) {
      const first = table * extent.grainsPerTable;
      const count = Math.min(extent.grainsPerTable, extent.grainCount - first);
      if (extent.readPlaces(first, count, places) === 0) bytes += extent.tableBytes;
    }
    return Math.min(bytes, this.holeBytes);
  }

  private eachGrain(startBytes: number, endBytes: number, act: (grain: number, place: number) => void): void {
    const { extent } = this;
    const from = Math.max(startBytes, extent.startBytes) - extent.startBytes;
    const to = Math.min(endBytes, extent.startBytes + extent.spanBytes) - extent.startBytes;
    if (from >= to) return;
    const first = Math.floor(from / extent.grainBytes);
    const end = countOf(to, extent.grainBytes);
    const places = new Uint32Array(Math.min(end - first, grainsAtOnce));
    for (let grain = first; grain < end; grain += places.length) {
      const count = Math.min(places.length, end - grain);
      extent.readPlaces(grain, count, places);
      for (let index = 0; index < count; index++) act(grain + index, places[index] as number);
    }
  }

  private addGrain(grain: number, isAllocated: boolean): void {
    const seen = this.seen as Uint8Array;
    const mask = 1 << (grain & 7);
    const byte = seen[grain >>> 3] ?? 0;
    if ((byte & mask) !== 0) return;
    seen[grain >>> 3] = byte | mask;
    if (isAllocated) this.overwrittenGrains++;
    else this.newGrains++;
    const { grainsPerTable } = this.extent;
    if (grainsPerTable > 0) this.touchedTables.add(Math.floor(grain / grainsPerTable));
  }
}

import { RedoubtError } from '../../base/redoubt-error.ts';
import { roundUp, SECTOR_BYTES } from '../../base/units.ts';
import type { DiskFile, FileLayer } from '../files/disk-file.ts';
import { CowdExtent, inconsistentError } from './cowd/cowd-extent.ts';
import { entriesPerTable } from './cowd/dialect.ts';
import { isCowd } from './cowd/header.ts';
import { readHeader } from './cowd/read-header.ts';
import type { DescriptorExtent } from './descriptor/descriptor.ts';
import { describedFiles } from './descriptor/described-files.ts';
import type { FoundDescriptor } from './descriptor/read-descriptor.ts';
import { FlatExtent, ZeroExtent } from './flat/flat-extent.ts';
import type { MarkedExtent } from './sidecar-books.ts';
import { StreamExtent, writingToStream } from './stream/stream-extent.ts';
import type { Vmdk4Header } from './vmdk4/header.ts';
import { findDirectory, readVmdk4Header } from './vmdk4/read-vmdk4-header.ts';
import { Vmdk4Extent } from './vmdk4/vmdk4-extent.ts';

/** What the extents of a disk are opened from. */
export interface ExtentSource {
  /** The file with the descriptor, open. */
  readonly file: DiskFile;
  /** All files of the link as they were judged, that one first. */
  readonly files: readonly string[];
  readonly layer: FileLayer;
  readonly isWritable: boolean;
}

/**
 * Opens all extents that a descriptor lists, in the disk's order. What is opened is added to `opened`, so that
 * the caller can close it whatever happens. Throws disk.segment-missing, disk.corrupt, disk.unsupported,
 * disk.not-a-disk, and what opening files throws.
 */
export function openExtents(found: FoundDescriptor, source: ExtentSource, opened: DiskFile[]): MarkedExtent[] {
  const { descriptor, ownHeader } = found;
  const { file, files } = source;
  const total = describedFiles(found, file.path).length;
  // Read again since it was judged: then it names other files now.
  if (total !== files.length - 1) {
    const details = { file: file.path, operation: 'open', errno: 'ESTALE' };
    throw new RedoubtError('disk.io', `${file.path} was changed while it was being opened.`, details);
  }
  if (ownHeader !== undefined) {
    const [only] = descriptor.extents;
    if (only === undefined || descriptor.extents.length > 1)
      throw corrupt(
        file.path,
        'extents',
        String(descriptor.extents.length),
        'but a descriptor inside a sparse file has one',
      );
    return [openSparse(file, only, 0)];
  }
  let startBytes = 0;
  let next = 1;
  return descriptor.extents.map((extent) => {
    const spanBytes = extent.sectors * SECTOR_BYTES;
    const place = { startBytes, spanBytes, offsetBytes: extent.offsetSectors * SECTOR_BYTES };
    startBytes += spanBytes;
    if (extent.fileName === undefined) return new ZeroExtent(file, { ...place, offsetBytes: 0 });
    const part = openPart(source, next, total);
    opened.push(part);
    next++;
    if (extent.type === 'FLAT' || extent.type === 'VMFS') return openFlat(part, place);
    return openSparse(part, extent, place.startBytes);
  });
}

function openPart({ file, files, layer, isWritable }: ExtentSource, part: number, total: number): DiskFile {
  const path = files[part] as string;
  try {
    return layer.open(path, isWritable);
  } catch (error) {
    if (!(error instanceof RedoubtError) || !error.is('disk.not-found')) throw error;
    throw new RedoubtError('disk.segment-missing', `Part ${String(part)} of ${file.path} is missing.`, {
      file: file.path,
      part,
      expected: path,
      found: part - 1,
      total,
    });
  }
}

function openFlat(file: DiskFile, place: { startBytes: number; spanBytes: number; offsetBytes: number }): FlatExtent {
  const lengthBytes = file.lengthBytes();
  if (place.offsetBytes + place.spanBytes > lengthBytes) {
    const reason = `but its descriptor has ${String(place.spanBytes)} bytes from ${String(place.offsetBytes)} on: it was cut off`;
    throw corrupt(file.path, 'length', String(lengthBytes), reason);
  }
  return new FlatExtent(file, place);
}

/** By what the file itself is: the line may say SPARSE for all of them. */
function openSparse(file: DiskFile, extent: DescriptorExtent, startBytes: number): MarkedExtent {
  const start = new Uint8Array(4);
  if (isCowd(start.subarray(0, file.read(0, start)))) return openCowd(file, extent, startBytes);
  const header = readVmdk4Header(file);
  const { capacitySectors, grainSectors } = header;
  if (capacitySectors !== extent.sectors && capacitySectors !== roundUp(extent.sectors, grainSectors)) {
    const reason = `but its descriptor says ${String(extent.sectors)} (line ${String(extent.line)})`;
    throw corrupt(file.path, 'capacity', String(capacitySectors), reason);
  }
  if (file.isWritable) refuseWriting(file.path, header);
  const place = { startBytes, spanBytes: extent.sectors * SECTOR_BYTES };
  const whole = { ...header, directorySector: findDirectory(file, header) };
  return header.isCompressed ? new StreamExtent(file, whole, place) : new Vmdk4Extent(file, whole, place);
}

/** Version 3 has changed blocks tracked in another file, which would not learn of ours. */
function refuseWriting(file: string, { isCompressed, version }: Vmdk4Header): void {
  if (isCompressed) throw writingToStream(file);
  if (version < 3) return;
  const feature = `writing to a VMDK of version ${String(version)}`;
  throw new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}

/** A file of ESX: its place in the disk is the descriptor's to say. */
function openCowd(file: DiskFile, extent: DescriptorExtent, startBytes: number): MarkedExtent {
  const header = readHeader(file);
  const entries = entriesPerTable(header);
  if (entries === undefined || header.capacitySectors < extent.sectors) {
    const reason = `but its descriptor says ${String(extent.sectors)} (line ${String(extent.line)})`;
    throw corrupt(file.path, 'numSectors', String(header.capacitySectors), reason);
  }
  if (file.isWritable && header.isInconsistent) throw inconsistentError(file.path);
  const place = { startBytes, spanBytes: extent.sectors * SECTOR_BYTES, entriesPerTable: entries };
  return new DescribedCowdExtent(file, header, place);
}

/** Its mark is CLEAN in its own header; who the disk is, the descriptor says. */
class DescribedCowdExtent extends CowdExtent implements MarkedExtent {
  get isClean(): boolean {
    return this.header.isClean;
  }

  /** Also of one that was found unclean. */
  override finishClean(isSynced: boolean): void {
    if (!this.isClean) this.begin(isSynced);
    super.finishClean(isSynced);
  }
}

function corrupt(file: string, field: string, value: string, reason: string): RedoubtError {
  return new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${value}, ${reason}.`, {
    file,
    field,
    value,
    reason,
  });
}

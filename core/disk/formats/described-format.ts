import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import type { DiskFile, FileLayer } from '../files/disk-file.ts';
import { claimedBy, claimedHead } from './descriptor/claimed-by.ts';
import type { DescribedKind } from './descriptor/create-type.ts';
import { describedFiles } from './descriptor/described-files.ts';
import { isDescriptor } from './descriptor/descriptor.ts';
import { readDescriptor, type FoundDescriptor } from './descriptor/read-descriptor.ts';
import type { DiskFormat, FormatHead, OpenedLink } from './disk-format.ts';
import type { LinkFormat, LinkState } from './link-state.ts';
import { controllerOf, openDescribed, parentOf, refuseWritingTo, withoutDescriptor } from './open-described.ts';
import { stateFromSidecar } from './sidecar-state.ts';
import { readSidecar } from './sidecar.ts';
import { isVmdk4 } from './vmdk4/header.ts';
import { readVmdk4Header } from './vmdk4/read-vmdk4-header.ts';

/** By what a disk's files are; those of ESX are read by their own headers, but the disk is known by its descriptor. */
const formatOfKind: Readonly<Record<DescribedKind, LinkFormat>> = {
  sparse: 'vmdk',
  cowd: 'vmdk',
  flat: 'flat',
  stream: 'stream',
};

/**
 * Disks that a text descriptor describes, in a file of its own or inside a sparse extent: one format by what
 * their extents are.
 */
function describedFormat(name: 'vmdk' | 'flat' | 'stream'): DiskFormat {
  return {
    name,
    recognises: (start, file) => {
      if (!isVmdk4(start) && !isDescriptor(start)) return false;
      const found = readDescriptor(file);
      if (found !== undefined) return formatOfKind[found.kind] === name;
      return name === (readVmdk4Header(file).isCompressed ? 'stream' : 'vmdk');
    },
    readHead,
    openLink: openDescribed,
    changeState: (layer, files, change) => {
      const opened = openDescribed({ files, layer, isWritable: true });
      try {
        opened.books.change('all', change);
      } finally {
        closeAll(opened);
      }
    },
    proveWritable,
    keepRecord: (layer, files) => {
      const opened = openDescribed({ files, layer, isWritable: false });
      try {
        opened.books.keepRecord();
      } finally {
        closeAll(opened);
      }
    },
  };
}

export const describedFormats: readonly DiskFormat[] = [
  describedFormat('vmdk'),
  describedFormat('flat'),
  describedFormat('stream'),
];

function readHead(file: DiskFile, layer: FileLayer): FormatHead {
  const found = readDescriptor(file);
  if (found === undefined) {
    const claim = claimedBy(layer, file.path, false);
    if (claim === undefined) throw withoutDescriptor(file.path);
    return claimedHead(claim);
  }
  const files = [file.path, ...describedFiles(found, file.path)];
  const state = (found.kind === 'flat' ? readOpened(layer, files) : undefined) ?? readBooks(file, layer, found, files);
  return { state, files };
}

/** What the descriptor and the side file say, without a look at the content. */
function readBooks(file: DiskFile, layer: FileLayer, found: FoundDescriptor, files: readonly string[]): LinkState {
  const { descriptor, ownHeader } = found;
  const sectors = descriptor.extents.reduce((sum, extent) => sum + extent.sectors, 0);
  return stateFromSidecar({
    sidecar: readSidecar(layer, file.path),
    cid: descriptor.cid,
    parent: parentOf(descriptor),
    sizeBytes: sectors * SECTOR_BYTES,
    samples: undefined,
    controller: controllerOf(descriptor),
    fileCount: files.length,
    isClean: ownHeader?.isClean ?? true,
  });
}

/** With a look at the content; `undefined` where files are missing or damaged, which opening the disk will say. */
function readOpened(layer: FileLayer, files: readonly string[]): LinkState | undefined {
  try {
    const opened = openDescribed({ files, layer, isWritable: false });
    try {
      return opened.books.state;
    } finally {
      closeAll(opened);
    }
  } catch (error) {
    if (error instanceof RedoubtError && error.kind !== 'bug') return undefined;
    throw error;
  }
}

/** Of the file with the descriptor, or of one that it names. */
function proveWritable(layer: FileLayer, path: string): void {
  const file = layer.open(path, true);
  try {
    const bytes = new Uint8Array(SECTOR_BYTES);
    const start = bytes.subarray(0, file.read(0, bytes));
    const found = isVmdk4(start) || isDescriptor(start) ? readDescriptor(file) : undefined;
    if (found !== undefined) refuseWritingTo(found, path);
  } finally {
    file.close();
  }
}

function closeAll({ extents, otherFiles = [] }: OpenedLink): void {
  for (const { file } of extents) file.close();
  for (const file of otherFiles) file.close();
}

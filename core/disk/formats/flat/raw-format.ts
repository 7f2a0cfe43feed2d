import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile, FileLayer } from '../../files/disk-file.ts';
import { claimedBy, claimedHead } from '../descriptor/claimed-by.ts';
import type { DiskFormat, OpenedLink } from '../disk-format.ts';
import { sampleContent } from '../sample-content.ts';
import { SidecarBooks } from '../sidecar-books.ts';
import { needsSamples, stateFromSidecar } from '../sidecar-state.ts';
import { readSidecar } from '../sidecar.ts';
import { foreignFormat, foreignFormatError } from './foreign-format.ts';
import { FlatExtent } from './flat-extent.ts';

/**
 * The disk's bytes as they are, in one file. It can't be told from any other file, so it is never recognised:
 * a file is raw because nothing else is known of it, and it is opened only where somebody has approved it.
 */
export const rawFormat: DiskFormat = {
  name: 'raw',
  recognises: () => false,
  readHead: (file, layer) => {
    refuseForeign(file);
    const claim = file.isDevice === true ? undefined : claimedBy(layer, file.path, true);
    if (claim !== undefined) return claimedHead(claim);
    return { state: openExtent(file, layer, [file.path]).books.state, files: [file.path] };
  },
  openLink: ({ files, layer, isWritable }) => {
    const file = openRaw(layer, files[0] as string, isWritable);
    try {
      refuseForeign(file);
      return openExtent(file, layer, files);
    } catch (error) {
      file.close();
      throw error;
    }
  },
  changeState: (layer, files, change) => {
    const file = openRaw(layer, files[0] as string, true);
    try {
      openExtent(file, layer, files).books.change('all', change, true);
    } finally {
      file.close();
    }
  },
  proveWritable: (layer, path) => {
    const file = openRaw(layer, path, true);
    file.close();
    if (file.isDevice !== true) return;
    const feature = 'committing into a device';
    throw new RedoubtError('disk.unsupported', `${path} is a device, beside which nothing can be kept.`, {
      file: path,
      feature,
    });
  },
  keepRecord: (layer, files) => {
    const path = files[0] as string;
    const file = openRaw(layer, path, false);
    try {
      openExtent(file, layer, files).books.keepRecord();
    } finally {
      file.close();
    }
  },
};

function openExtent(
  file: DiskFile,
  layer: FileLayer,
  files: readonly string[],
): OpenedLink & { readonly books: SidecarBooks } {
  const lengthBytes = file.lengthBytes();
  if (lengthBytes === 0 || lengthBytes % SECTOR_BYTES !== 0) {
    const reason = 'no header of a known format, and no whole number of sectors';
    throw new RedoubtError('disk.not-a-disk', `${file.path} is not a virtual disk: ${reason}.`, {
      file: file.path,
      reason,
    });
  }
  const extent = new FlatExtent(file, { startBytes: 0, spanBytes: lengthBytes, offsetBytes: 0 });
  const extents = [extent];
  const first = file.isDevice === true ? undefined : file.path;
  const sidecar = first === undefined ? undefined : readSidecar(layer, first);
  const state = stateFromSidecar({
    sidecar,
    cid: undefined,
    parent: undefined,
    sizeBytes: lengthBytes,
    samples: needsSamples(sidecar, undefined) ? sampleContent(extents) : undefined,
    controller: undefined,
    fileCount: files.length,
    isClean: true,
  });
  const books = new SidecarBooks({ layer, first, extents, state, sidecar, sizeBytes: lengthBytes, isSampled: true });
  return { identity: file.identity, extents, books };
}

/** A regular file, or a block device as it is. Throws as FileLayer.open. */
export function openRaw(layer: FileLayer, path: string, isWritable: boolean): DiskFile {
  try {
    return layer.open(path, isWritable);
  } catch (error) {
    if (layer.openDevice === undefined || !(error instanceof RedoubtError) || !error.is('disk.not-a-disk')) throw error;
    return layer.openDevice(path, isWritable);
  }
}

/** Throws disk.unsupported for what begins as another program's disk. */
export function refuseForeign(file: DiskFile): void {
  const start = new Uint8Array(SECTOR_BYTES);
  file.read(0, start);
  const format = foreignFormat(start);
  if (format !== undefined) throw foreignFormatError(file.path, format);
}

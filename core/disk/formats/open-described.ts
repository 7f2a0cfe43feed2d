import { RedoubtError } from '../../base/redoubt-error.ts';
import type { DiskFile } from '../files/disk-file.ts';
import { changeCid } from './descriptor/change-cid.ts';
import type { Descriptor } from './descriptor/descriptor.ts';
import { readDescriptor, type FoundDescriptor } from './descriptor/read-descriptor.ts';
import type { OpenedLink, OpenLinkRequest } from './disk-format.ts';
import type { LinkState } from './link-state.ts';
import { openExtents } from './open-extents.ts';
import { sampleContent } from './sample-content.ts';
import { SidecarBooks, type CidWriter } from './sidecar-books.ts';
import { needsSamples, stateFromSidecar } from './sidecar-state.ts';
import { readSidecar } from './sidecar.ts';
import { writingToStream } from './stream/stream-extent.ts';

/**
 * Opens a disk that a descriptor describes: all its extents, and its books, which are the side file and the
 * descriptor's CID. Writes nothing; on an error nothing stays open. Throws as DiskFormat.openLink.
 */
export function openDescribed({
  files,
  layer,
  isWritable,
}: Omit<OpenLinkRequest, 'parent'>): OpenedLink & { readonly books: SidecarBooks } {
  const path = files[0] as string;
  const file = layer.open(path, isWritable);
  const opened: DiskFile[] = [file];
  try {
    const found = readDescriptor(file);
    if (found === undefined) throw withoutDescriptor(path);
    if (isWritable) refuseWritingTo(found, path);
    const extents = openExtents(found, { file, files, layer, isWritable }, opened);
    const sizeBytes = extents.reduce((sum, extent) => sum + extent.spanBytes, 0);
    const sidecar = readSidecar(layer, path);
    const isSampled = found.kind === 'flat';
    const { cid, createType } = found.descriptor;
    const state = stateFromSidecar({
      sidecar,
      cid,
      sizeBytes,
      parent: parentOf(found.descriptor),
      samples: isSampled && needsSamples(sidecar, cid) ? sampleContent(extents) : undefined,
      controller: controllerOf(found.descriptor),
      fileCount: files.length,
      isClean: extents.every((extent) => extent.isClean),
    });
    const cids = new DescriptorCids(file, found);
    return {
      identity: file.identity,
      extents,
      books: new SidecarBooks({ layer, first: path, extents, state, sidecar, sizeBytes, isSampled, cids }),
      dialect: createType,
      otherFiles: found.ownHeader === undefined ? [file] : [],
    };
  } catch (error) {
    for (const each of opened) each.close();
    throw error;
  }
}

/** Throws disk.unsupported where a disk of this kind is only read. */
export function refuseWritingTo({ descriptor, kind, bytes, offsetBytes }: FoundDescriptor, file: string): void {
  if (kind === 'stream') throw writingToStream(file);
  const unsupported = (feature: string) =>
    new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
  for (const { access, type, line } of descriptor.extents) {
    const where = `(line ${String(line)})`;
    if (access !== 'RW') throw unsupported(`writing to a disk with a read-only extent ${where}`);
    if (type === 'ZERO') throw unsupported(`writing to a disk with an extent of zeros ${where}`);
  }
  const { cid, parentCid } = descriptor;
  const isEmbedded = offsetBytes > 0;
  const { after } = changeCid(bytes, file, { key: 'CID', cid, isEmbedded });
  // Both may change, and the second must not find the room taken.
  if (parentCid !== undefined) changeCid(after, file, { key: 'parentCID', cid: parentCid, isEmbedded });
}

/** What a child records of its parent: its CID. */
export function parentOf({ parentCid, parentFileNameHint }: Descriptor): LinkState['parent'] {
  if (parentCid === undefined || parentFileNameHint === undefined) return undefined;
  return { storedName: parentFileNameHint, generation: parentCid };
}

export function controllerOf({ database }: Descriptor): LinkState['controller'] {
  const adapter = database.get('ddb.adaptertype')?.toLowerCase();
  if (adapter === 'ide') return 'ide';
  return adapter === 'buslogic' || adapter === 'lsilogic' ? 'scsi' : undefined;
}

export function withoutDescriptor(file: string): RedoubtError {
  const feature = 'a part of a disk without its descriptor';
  return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}

/**
 * Changes CIDs in place. Order of writes: where a text file has to grow, first its length, synced: then it ends
 * in NULs, at which readers stop. Then the sector with the CID, synced: the one step.
 */
class DescriptorCids implements CidWriter {
  private readonly file: DiskFile;
  private readonly offsetBytes: number;
  private bytes: Uint8Array;

  constructor(file: DiskFile, { bytes, offsetBytes }: FoundDescriptor) {
    this.file = file;
    this.offsetBytes = offsetBytes;
    this.bytes = bytes;
  }

  write(key: 'CID' | 'parentCID', cid: number): void {
    const { file, offsetBytes, bytes } = this;
    const { after, startBytes, endBytes } = changeCid(bytes, file.path, { key, cid, isEmbedded: offsetBytes > 0 });
    if (after.length > bytes.length) {
      file.setLength(offsetBytes + after.length);
      file.syncNow();
    }
    file.write(offsetBytes + startBytes, [after.subarray(startBytes, endBytes)]);
    file.syncNow();
    this.bytes = after;
  }
}

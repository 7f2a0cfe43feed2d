import { assert } from '../../../base/assert.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { firstSegmentPath, segmentPath } from '../../segment-paths.ts';
import type { FileLayer } from '../../files/disk-file.ts';
import { claimedBy, claimedHead } from '../descriptor/claimed-by.ts';
import type { DiskFormat, OpenedLink, OpenLinkRequest } from '../disk-format.ts';
import { CowdBooks } from './cowd-books.ts';
import { CowdExtent } from './cowd-extent.ts';
import { dialectOf } from './dialect.ts';
import { stateOf, withState } from './header-state.ts';
import { isCowd, type CowdHeader } from './header.ts';
import { placeExtents } from './place-extents.ts';
import { patchHeader, readHeader } from './read-header.ts';

/** Copy-on-write disks of Workstation 3, GSX 2, VMware 2 and ESX, and the redo logs of all formats. */
export const cowdFormat: DiskFormat = {
  name: 'cowd',
  recognises: isCowd,
  readHead: (file, layer) => {
    const header = readHeader(file);
    // Files of version 1 do not say that they are parts of a disk; the descriptor of the usual name may.
    const claim = header.version === 1 ? claimedBy(layer, file.path, true) : undefined;
    if (claim !== undefined) return claimedHead(claim);
    const state = stateOf(header);
    const { ordinal, fileCount } = state;
    if (ordinal > 0) return { state, files: undefined, first: firstSegmentPath(file.path, ordinal + 1) };
    return { state, files: Array.from({ length: fileCount }, (_, index) => segmentPath(file.path, index + 1)) };
  },
  openLink,
  changeState: (layer, files, change) => {
    for (const path of [...files].reverse()) {
      const file = layer.open(path, true);
      try {
        patchHeader(file, (header) => withState(header, change(stateOf(header))), { isCertain: true });
      } finally {
        file.close();
      }
    }
  },
  proveWritable: (layer, path) => {
    CowdExtent.openFile(layer, path, true).file.close();
  },
};

type OpenedFile = ReturnType<typeof CowdExtent.openFile>;

function openLink(request: OpenLinkRequest): OpenedLink {
  const opened: OpenedFile[] = [];
  try {
    for (const path of request.files) opened.push(openSegment(request, path, opened[0]?.header));
    const places = placeExtents(
      opened.map(({ file, header }) => ({ path: file.path, header })),
      request.parent,
    );
    const extents = opened.map(({ file, header }, index) => {
      const place = places[index];
      assert(place !== undefined, 'a place for every extent');
      return new CowdExtent(file, header, place);
    });
    const [first] = extents;
    assert(first !== undefined, 'a link has a first extent');
    return {
      identity: first.file.identity,
      extents,
      books: new CowdBooks(first, extents),
      dialect: dialectOf(first.header, first.grainsPerTable),
    };
  } catch (error) {
    for (const { file } of opened) file.close();
    throw error;
  }
}

function openSegment(
  { files, layer, isWritable }: { files: readonly string[]; layer: FileLayer; isWritable: boolean },
  path: string,
  first: CowdHeader | undefined,
): OpenedFile {
  const file = files[0] ?? path;
  const missing = (found: number, total: number) =>
    new RedoubtError('disk.segment-missing', `Part ${String(found + 1)} of ${file} is missing.`, {
      file,
      part: found + 1,
      expected: path,
      found,
      total,
    });
  try {
    const opened = CowdExtent.openFile(layer, path, isWritable);
    const { ordinal, fileCount } = opened.header;
    if (first !== undefined || (ordinal === 0 && fileCount === files.length)) return opened;
    opened.file.close();
    if (ordinal === 0) throw missing(files.length, fileCount);
    const part = ordinal + 1;
    throw new RedoubtError('disk.segment-picked', `${path} is part ${String(part)} of a disk.`, {
      file: path,
      part,
      first: '',
    });
  } catch (error) {
    if (first !== undefined && error instanceof RedoubtError && error.is('disk.not-found'))
      throw missing(files.indexOf(path), files.length);
    throw error;
  }
}

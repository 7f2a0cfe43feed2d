import type { DiskFile, FileLayer } from '../files/disk-file.ts';
import type { Extent } from './extent.ts';
import type { LinkBooks, StateChange } from './link-books.ts';
import type { LinkFormat, LinkState } from './link-state.ts';

/** What one file of a link says. */
export interface FormatHead {
  readonly state: LinkState;
  /** All files of the link in order, this one first; `undefined` for a file that is not the first. */
  readonly files: readonly string[] | undefined;
  /** Where the first file should be, for a file that is not it. It need not exist. */
  readonly first?: string;
}

/** The disk below a link, as far as the shape of the link can follow from it. */
export interface ParentSpans {
  readonly capacityBytes: number;
  readonly spansBytes: readonly number[];
}

export interface OpenLinkRequest {
  /** All files in order. */
  readonly files: readonly string[];
  readonly isWritable: boolean;
  readonly layer: FileLayer;
  /** Needed only for foreign redo logs whose segments state the whole disk's capacity. */
  readonly parent?: ParentSpans | undefined;
}

/** A link's open files. Whoever opened it closes the extents' files. */
export interface OpenedLink {
  /** Of the first file, as `DiskFile.identity`. */
  readonly identity: string;
  /** In the disk's order, without gaps. */
  readonly extents: readonly Extent[];
  readonly books: LinkBooks;
  /** How the format was spoken, where there are dialects. */
  readonly dialect?: string;
  /** Files besides the extents' that were opened. */
  readonly otherFiles?: readonly DiskFile[];
}

/** One format of disk files. Stateless. */
export interface DiskFormat {
  readonly name: LinkFormat;
  /** Whether a file is of this format, by its first bytes (up to `SNIFF_BYTES`) or more of it. Throws what reading it throws. */
  recognises(start: Uint8Array, file: DiskFile): boolean;
  /** Reads what an open file says, and judges it. Throws disk.corrupt, disk.unsupported, disk.not-a-disk, disk.io. */
  readHead(file: DiskFile, layer: FileLayer): FormatHead;
  /**
   * Opens all files of a link and checks that they belong together. Writes nothing; on an error nothing stays open.
   * Throws what readHead throws, and disk.segment-missing, disk.segment-picked, and what opening files throws.
   */
  openLink(request: OpenLinkRequest): OpenedLink;
  /**
   * Changes the state in all files of a link that nobody has open, synced, the first file last. It is written also
   * where nothing changes: afterwards it is on the device for certain. Throws as openLink.
   */
  changeState(layer: FileLayer, files: readonly string[], change: StateChange): void;
  /** Throws unless this file may be written; changes nothing. disk.permission, disk.read-only, disk.unsupported. */
  proveWritable(layer: FileLayer, path: string): void;
  /**
   * For formats that keep the record beside the disk: makes sure that there is one that holds for the present
   * content, so that children can know it. Not a byte of the disk changes. Throws disk.permission where no file can be
   * made, and as openLink.
   */
  keepRecord?(layer: FileLayer, files: readonly string[]): void;
}

import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { hostFiles } from './disk-file.ts';
import type { CowdHeader } from './formats/cowd/header.ts';
import { readHeader } from './formats/cowd/read-header.ts';
import { firstSegmentName, segmentName } from './names.ts';

/** What the first file of a link says of it. Nothing is kept open. */
export interface LinkHead {
  /** Real path of the first segment: also the link's name in locks and side files. */
  readonly path: string;
  /** Equal for two paths of one file. */
  readonly identity: string;
  /** All segments, in order, by their names; only the first is known to exist. */
  readonly files: readonly string[];
  readonly header: CowdHeader;
  readonly isProtected: boolean;
  readonly changedAtMs: number;
}

/** Path of a segment, `part` from 1, given the first one's. */
export function segmentPath(first: string, part: number): string {
  return join(dirname(first), segmentName(basename(first), part));
}

/** The real path of a file that must exist. Throws disk.not-found, disk.permission, disk.loop (symbolic links). */
export function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    throw asFileError(error, file, 'open');
  }
}

/**
 * Reads the header of any one file of a link. Throws disk.not-found, disk.permission, disk.not-a-disk,
 * disk.unsupported, disk.corrupt, disk.io.
 */
export function readSegmentHead(file: string): Omit<LinkHead, 'files'> {
  const path = realPath(file);
  const opened = hostFiles.open(path, false);
  try {
    const header = readHeader(opened);
    return {
      path,
      identity: opened.identity,
      header,
      isProtected: opened.isProtected,
      changedAtMs: opened.changedAtMs(),
    };
  } finally {
    opened.close();
  }
}

/** Reads the header of a link's first file. Throws as readSegmentHead, and disk.segment-picked for another one. */
export function readLinkHead(file: string): LinkHead {
  const head = readSegmentHead(file);
  const { path, header } = head;
  if (header.ordinal > 0) {
    const part = header.ordinal + 1;
    const first = firstSegmentPath(path, header);
    throw new RedoubtError('disk.segment-picked', `${path} is part ${String(part)} of ${first}.`, {
      file: path,
      part,
      first,
    });
  }
  const files = Array.from({ length: header.fileCount }, (_, index) => segmentPath(path, index + 1));
  return { ...head, files };
}

/** Where the first segment should be, going by the name of a later one. It need not exist. */
export function firstSegmentPath(path: string, header: CowdHeader): string {
  const name = basename(path);
  return join(dirname(path), firstSegmentName(name, header.ordinal + 1) ?? name);
}

import { realpathSync } from 'node:fs';
import { asFileError } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { hostFiles, type DiskFile } from './files/disk-file.ts';
import { claimedBy, claimedHead, type Claim } from './formats/descriptor/claimed-by.ts';
import type { FormatHead } from './formats/disk-format.ts';
import { openRaw } from './formats/flat/raw-format.ts';
import type { LinkFormat } from './formats/link-state.ts';
import { detectFormat, isKnownFormat } from './formats/open-format.ts';

/** What any one file of a link says. Nothing is kept open. */
export interface SegmentHead extends FormatHead {
  /** Real path. */
  readonly path: string;
  /** Equal for two paths of one file. */
  readonly identity: string;
  readonly format: LinkFormat;
  readonly isProtected: boolean;
  readonly changedAtMs: number;
  /** A block device: no time stamp of it says that it was written. */
  readonly isDevice: boolean;
}

/** What the first file of a link says of it: its path is also the link's name in locks and side files. */
export interface LinkHead extends SegmentHead {
  /** All files in order; only the first is known to exist. */
  readonly files: readonly string[];
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
 * Reads what any one file of a link says of it. Throws disk.not-found, disk.permission, disk.not-a-disk,
 * disk.unsupported, disk.corrupt, disk.io.
 */
export function readSegmentHead(file: string, { isRawAllowed = false } = {}): SegmentHead {
  const path = realPath(file);
  const opened = isRawAllowed ? openRaw(hostFiles, path, false) : hostFiles.open(path, false);
  try {
    const claim = isRawAllowed ? undefined : claimOfData(opened);
    if (claim !== undefined) return { ...claimedHead(claim), ...aboutFile(opened), format: 'flat' };
    const format = detectFormat(opened, isRawAllowed);
    return {
      ...format.readHead(opened, hostFiles),
      ...aboutFile(opened),
      format: format.name,
    };
  } finally {
    opened.close();
  }
}

function aboutFile(
  file: DiskFile,
): Pick<SegmentHead, 'path' | 'identity' | 'isProtected' | 'changedAtMs' | 'isDevice'> {
  return {
    path: file.path,
    identity: file.identity,
    isProtected: file.isProtected,
    changedAtMs: file.changedAtMs(),
    isDevice: file.isDevice === true,
  };
}

/** Plain data is known as a disk's if its descriptor says so, and only by its name is that looked for. */
function claimOfData(file: DiskFile): Claim | undefined {
  return isKnownFormat(file) ? undefined : claimedBy(hostFiles, file.path, true);
}

/**
 * Reads what a link's first file says. A file of which nothing is known is taken for raw; whether it may be is
 * for whoever opens it (`trust.ts`). Throws as readSegmentHead, and disk.segment-picked for another file.
 */
export function readLinkHead(file: string): LinkHead {
  const head = readSegmentHead(file, { isRawAllowed: true });
  const { path, state, files, first = '' } = head;
  if (files !== undefined) return { ...head, files };
  const part = state.ordinal + 1;
  throw new RedoubtError('disk.segment-picked', `${path} is part ${String(part)} of ${first}.`, {
    file: path,
    part,
    first,
  });
}

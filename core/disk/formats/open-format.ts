import { basename } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { DiskFile } from '../files/disk-file.ts';
import { parseDiskName } from '../names.ts';
import { cowdFormat } from './cowd/cowd-format.ts';
import { describedFormats } from './described-format.ts';
import type { DiskFormat, OpenedLink, OpenLinkRequest } from './disk-format.ts';
import { openRaw, rawFormat, refuseForeign } from './flat/raw-format.ts';
import type { LinkFormat } from './link-state.ts';

/** In the order in which they are asked. */
const formats: readonly DiskFormat[] = [cowdFormat, ...describedFormats, rawFormat];

/** How much of a file's beginning decides what it is. */
const SNIFF_BYTES = 512;

/**
 * The format of an open file, by its content. `isRawAllowed`: what is not known is raw, but for a file with the
 * name of a disk or a redo log: that one has lost its header, and taken for plain data it would be checked,
 * served and written over as if nothing were wrong. Throws disk.not-a-disk, disk.unsupported (another
 * program's), disk.io, and what reading a descriptor throws.
 */
export function detectFormat(file: DiskFile, isRawAllowed: boolean): DiskFormat {
  if (file.isDevice === true) return rawFormat;
  const format = knownFormat(file);
  if (format !== undefined) return format;
  const isNamedAsDisk = hasNameOfDisk(basename(file.path));
  if (isRawAllowed && !isNamedAsDisk) return rawFormat;
  // Other programs' disks have such names too.
  if (isRawAllowed) refuseForeign(file);
  const reason = isNamedAsDisk
    ? 'it has the name of a disk, but no header of a known format'
    : 'no header of a known format';
  throw new RedoubtError('disk.not-a-disk', `${file.path} is not a virtual disk: ${reason}.`, {
    file: file.path,
    reason,
  });
}

/**
 * Whether a bare name promises a header. Plain data of a flat VMDK is named like a disk too, and is plain data all
 * the same.
 */
export function hasNameOfDisk(name: string): boolean {
  const parsed = parseDiskName(name);
  return parsed !== undefined && !(parsed.tail === '' && /-(flat|f\d+)$/i.test(parsed.stem));
}

/** Whether a file's content says what it is. Throws as detectFormat. */
export function isKnownFormat(file: DiskFile): boolean {
  return knownFormat(file) !== undefined;
}

function knownFormat(file: DiskFile): DiskFormat | undefined {
  const start = new Uint8Array(SNIFF_BYTES);
  const length = file.read(0, start);
  return formats.find((known) => known.recognises(start.subarray(0, length), file));
}

/** The format of that name. Throws disk.unsupported. */
export function formatNamed(name: LinkFormat): DiskFormat {
  const format = formats.find((known) => known.name === name);
  if (format !== undefined) return format;
  throw new RedoubtError('disk.unsupported', `Files of format ${name} can't be opened.`, { feature: `format ${name}` });
}

/** Opens a link's files. `name` as its head said; `undefined`: its first file says. Throws as DiskFormat.openLink. */
export function openFormat(
  name: LinkFormat | undefined,
  request: OpenLinkRequest,
): { format: LinkFormat; opened: OpenedLink } {
  const format = name === undefined ? formatOfFile(request) : formatNamed(name);
  return { format: format.name, opened: format.openLink(request) };
}

function formatOfFile({ files, layer }: OpenLinkRequest): DiskFormat {
  const file = openRaw(layer, files[0] as string, false);
  try {
    return detectFormat(file, true);
  } finally {
    file.close();
  }
}

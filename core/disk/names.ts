/**
 * File names of disks and redo logs. Names only propose: what a file is, and which segment, its header says.
 * Everything here is pure and works on bare names, without folders.
 */

/** A name taken apart: `stem-NN.vmdk_xxxxxx.REDO_xxxxxx…`. */
export interface DiskName {
  /** Without number and extension. */
  readonly stem: string;
  /** From 1; a name without a number is part 1. */
  readonly part: number;
  /** `.vmdk` or `.dsk`, as written. */
  readonly extension: string;
  /** Everything after the extension: the redo logs' endings, oldest first. */
  readonly tail: string;
}

const namePattern =
  /^(?<stem>.+?)(?:-(?<part>0[2-9]|[1-9][0-9]{1,3}))?(?<extension>\.vmdk|\.dsk)(?<tail>(?:_[a-z0-9]{6})?(?:\.redo(?:_[a-z0-9]{1,16})?|\.was_[0-9a-f]{6})*)$/is;

/** Longest file name in bytes that common file systems take. */
const longestNameBytes = 255;
/** Room for `-1023` in later segments and for the endings of side files (`.children`, `.removing`). */
const reservedNameBytes = 24;

/** Takes a bare file name apart, or answers `undefined` where it does not look like a disk's. */
export function parseDiskName(name: string): DiskName | undefined {
  const groups = namePattern.exec(name)?.groups;
  if (groups === undefined) return undefined;
  const { stem, part, extension, tail } = groups;
  return {
    stem: stem ?? '',
    part: part === undefined ? 1 : Number(part),
    extension: extension ?? '',
    tail: tail ?? '',
  };
}

/** Whether the name alone says redo log. */
export function looksLikeRedoLog(name: string): boolean {
  return (parseDiskName(name)?.tail ?? '') !== '';
}

/**
 * Name of a segment, `part` from 1, given the first one's: `mydisk.vmdk.REDO` → `mydisk-02.vmdk.REDO`.
 * A first segment that carries a number of its own keeps it: `disk-02.vmdk` → `disk-02-02.vmdk`.
 */
export function segmentName(first: string, part: number): string {
  if (part === 1) return first;
  const cut = extensionStart(first);
  return `${first.slice(0, cut)}-${String(part).padStart(2, '0')}${first.slice(cut)}`;
}

/** Name of the first segment, given that of segment `part`, or `undefined` where the name does not carry that number. */
export function firstSegmentName(name: string, part: number): string | undefined {
  if (part === 1) return name;
  const number = `-${String(part).padStart(2, '0')}`;
  const cut = extensionStart(name);
  if (!name.slice(0, cut).endsWith(number) || cut === number.length) return undefined;
  return name.slice(0, cut - number.length) + name.slice(cut);
}

/**
 * Name of a redo log over the disk whose first segment is `parent`; with a suffix it ends in
 * `.REDO_suffix`. `undefined` where that would be longer than file systems allow.
 */
export function redoName(parent: string, suffix?: string): string | undefined {
  const name = `${parent}.REDO${suffix === undefined ? '' : `_${suffix}`}`;
  return fitsFileSystem(name) ? name : undefined;
}

/**
 * A redo log's name where the full one would be too long: the endings between the disk's own name and the
 * new one are left out, so it needs a suffix to be unlike its ancestors.
 */
export function shortRedoName(parent: string, suffix: string): string {
  return `${rootName(parent)}.REDO_${suffix}`;
}

/** The disk's own name, without the endings of its redo logs. */
function rootName(parent: string): string {
  const parsed = parseDiskName(parent);
  return parsed === undefined ? parent.slice(0, 64) : parent.slice(0, parent.length - parsed.tail.length);
}

/** Name of the old-state link of the disk whose first segment is `parent`; shortened as redo logs' are. */
export function oldStateName(parent: string, suffix: string): string {
  const name = `${parent}.was_${suffix}`;
  return fitsFileSystem(name) ? name : `${rootName(parent)}.was_${suffix}`;
}

/** Whether a first segment's name leaves room for its further segments and side files. */
export function fitsFileSystem(name: string): boolean {
  return Buffer.byteLength(name) + reservedNameBytes <= longestNameBytes;
}

/** Where the number of a segment goes: before `.vmdk` or `.dsk` and all that follows; in foreign names before the last dot. */
function extensionStart(name: string): number {
  const parsed = parseDiskName(name);
  if (parsed !== undefined) return name.length - parsed.tail.length - parsed.extension.length;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? dot : name.length;
}

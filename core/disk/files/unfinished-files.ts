import { dirname } from 'node:path';
import { readFileIfThere, removeFile, replaceFile } from '../../base/atomic-file.ts';
import { isThere } from '../../base/is-there.ts';
import { currentProcess, isProvedGone, type ProcessIdentity } from '../../base/process-identity.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from './disk-file.ts';
import { HEADER_BYTES, isCowd } from '../formats/cowd/header.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { readSegmentHead } from '../link-head.ts';
import { isLocalFileSystem } from '../locks/file-system-kind.ts';

/**
 * `FIRST.making`: this process is making the files of a new link. It is on the device before the first of
 * them, and goes when the last one, FIRST itself, is there. What a crash leaves in between would keep the name
 * from being used again; so who wants the name next removes it, if the maker is proved to be gone.
 *
 * Nothing is removed but the files that the mark names and that have its link id, or that never got a whole
 * header. A link whose first file is complete is complete, and only the mark goes.
 */
interface Mark {
  readonly linkId: string;
  readonly files: readonly string[];
  readonly maker: ProcessIdentity;
}

/** Synced with its folder. Throws disk.permission, disk.no-space, disk.io. */
export function markMaking(first: string, files: readonly string[], linkId: string): void {
  const content = { redoubt: 1, link: linkId, files, maker: currentProcess() };
  replaceFile(markFile(first), `${JSON.stringify(content, undefined, 1)}\n`);
}

/** The link is complete, or all of it was taken back. */
export function unmarkMaking(first: string): void {
  removeFile(markFile(first));
}

/**
 * Removes what a crash has left of a link that was being made under this name. Does nothing while its maker may
 * be alive. Throws disk.permission, disk.io.
 */
export function sweepUnfinished(first: string): void {
  const mark = readMark(first);
  if (mark === undefined || !isProvedGone(mark.maker, isLocalFileSystem(dirname(first)))) return;
  if (!isThere(first) || isUnfinished(first, mark.linkId)) {
    const left = mark.files.filter((path) => dirname(path) === dirname(first) && isThere(path));
    for (const path of left) if (isUnfinished(path, mark.linkId)) hostFiles.remove(path);
    hostFiles.syncDirectory(dirname(first));
  }
  unmarkMaking(first);
}

/** Whether a file is a further segment of that link, or was cut off before its header was whole. */
function isUnfinished(path: string, linkId: string): boolean {
  try {
    const { state, files } = readSegmentHead(path);
    // Also what another disk's descriptor names has no record: then its own header speaks for it.
    if (state.record === undefined) return hasNoHeader(path);
    return state.record.linkId === linkId && files === undefined;
  } catch (error) {
    if (!(error instanceof RedoubtError) || (error.kind !== 'data' && !error.is('disk.unsupported'))) throw error;
    return hasNoHeader(path);
  }
}

/** Whether the first sector was never written, or of a later file that which says which link it is. */
function hasNoHeader(path: string): boolean {
  const file = hostFiles.open(path, false);
  try {
    const start = new Uint8Array(HEADER_BYTES);
    const bytes = start.subarray(0, file.read(0, start));
    const isEmpty = (from: number) => bytes.subarray(from, from + SECTOR_BYTES).every((byte) => byte === 0);
    return isEmpty(0) || (isCowd(bytes) && isEmpty(1024));
  } finally {
    file.close();
  }
}

/** `undefined` where there is none, or one that can't be understood: then nothing is known. */
function readMark(first: string): Mark | undefined {
  let value: unknown;
  try {
    const text = readFileIfThere(markFile(first));
    value = text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof RedoubtError && error.kind !== 'data') throw error;
    return undefined;
  }
  const { link, files, maker } = (value ?? {}) as { link?: unknown; files?: unknown; maker?: unknown };
  if (typeof link !== 'string' || !Array.isArray(files) || !isProcess(maker)) return undefined;
  return { linkId: link, files: files.filter((path) => typeof path === 'string'), maker };
}

function isProcess(value: unknown): value is ProcessIdentity {
  const { host, machineId, bootId, pidNamespace, startTime, pid } = (value ?? {}) as Partial<
    Record<keyof ProcessIdentity, unknown>
  >;
  const texts = [host, machineId, bootId, pidNamespace, startTime];
  return texts.every((text) => typeof text === 'string') && Number.isInteger(pid) && (pid as number) > 0;
}

function markFile(first: string): string {
  return `${first}.making`;
}

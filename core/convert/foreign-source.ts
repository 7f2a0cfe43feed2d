import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { statusOf } from '../base/file-status.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { isPathApproved } from '../disk/parents/approvals.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { isInside, isNamed } from '../disk/parents/trust.ts';
import { askInfo } from './qemu-img.ts';

/** A disk that only qemu-img reads. */
export interface ForeignSource {
  readonly kind: 'foreign';
  /** Real path. */
  readonly file: string;
  /** As qemu-img calls it. */
  readonly format: string;
  readonly sizeBytes: number;
}

/** A chain of more files than this goes round, or is meant to keep us busy. */
const longestChain = 256;

/**
 * Finds out what a file is, and that nothing it names lies where nobody has allowed it: qemu-img opens every
 * backing file that a header asks for. `undefined` where it is only taken for raw data.
 * Throws disk.tool-missing, disk.not-a-disk, disk.untrusted, disk.loop, disk.not-found.
 */
export async function openForeign(file: string, context: OpenContext): Promise<ForeignSource | undefined> {
  const path = realPath(file);
  const folder = dirname(path);
  const { format, sizeBytes } = await askInfo(path, folder);
  if (format === 'raw') return undefined;
  const chain: string[] = [];
  // A backing file is opened as what the header says it is, so that is how it must be looked at.
  let as: string | undefined = format;
  for (let link: string | undefined = path; link !== undefined;) {
    if (chain.includes(link) || chain.length === longestChain)
      throw new RedoubtError('disk.loop', `${path} is its own ancestor.`, { file: path, path: [...chain, link] });
    chain.push(link);
    const info: Awaited<ReturnType<typeof askInfo>> = await askInfo(link, folder, as);
    for (const name of info.dataFiles) requireTrusted(link, name, folder, context);
    as = info.backingFormat;
    link = info.backing === undefined ? undefined : requireTrusted(link, info.backing, dirname(link), context);
  }
  return { kind: 'foreign', file: path, format, sizeBytes };
}

/** The real path of what `file` names, by a name that begins in `folder` if it begins nowhere else. */
function requireTrusted(file: string, name: string, folder: string, context: OpenContext): string {
  const refuse = (path: string, reason: string) =>
    new RedoubtError('disk.untrusted', `${file} names ${path}: ${reason}.`, { file, path, reason });
  // What qemu-img takes for a protocol; one letter is a drive of Windows, and no protocol anywhere.
  if (/^[^/:]{2,}:/.test(name)) throw refuse(name, 'it is no file of this computer');
  const path = realPath(resolve(folder, name));
  if (statusOf(path)?.isFile() !== true) throw refuse(path, 'it is no regular file');
  if (isInside(dirname(file), path) || isNamed(path, context) || isPathApproved(path, context)) return path;
  throw refuse(path, 'it lies outside the folder of the disk and was never approved');
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    throw asFileError(error, file, 'open');
  }
}

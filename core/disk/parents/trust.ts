import { lstatSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { asFileError } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { approveLink, isApproved, isPathApproved } from './approvals.ts';
import type { Link } from '../chain/link.ts';
import type { LinkHead } from '../link-head.ts';
import type { OpenContext } from '../open-context.ts';

/**
 * Which files may be opened. A header is untrusted input, and so is a descriptor or a configuration that came
 * with it: without asking, only files with a disk header in the tree of the folder of the file that names
 * them are opened. Everything else needs an approval. Real paths decide, so that a link inside the tree leads
 * to nothing outside.
 */

/**
 * Whether a child may have this file as its parent without asking. One that was named by the user for this
 * call is remembered where the context says so.
 */
export function isTrustedParent(childPath: string, parent: LinkHead, context: OpenContext): boolean {
  if (hasHeader(parent) && isInside(dirname(childPath), parent.path)) return true;
  if (isInConfiguration(parent, context) || isApproved(parent, context)) return true;
  if (!isNamed(parent.path, context)) return false;
  if (context.keepsApprovals === true) approveIfPossible(parent, context);
  return true;
}

/**
 * Throws disk.untrusted for a leaf that only a configuration names, if it lies outside the configuration's
 * folder, or is plain data, and was never approved. What the user named himself is always trusted.
 */
export function requireTrustedLeaf(head: LinkHead, context: OpenContext): void {
  if (context.configDirectory === undefined || isNamed(head.path, context)) return;
  if (isInConfiguration(head, context) || isApproved(head, context)) return;
  const file = context.configFile ?? context.configDirectory;
  const reason = hasHeader(head)
    ? 'it lies elsewhere and was never approved'
    : 'it is plain data that was never approved';
  const message = `${file} names ${head.path} as its disk: ${reason}.`;
  throw new RedoubtError('disk.untrusted', message, { file, path: head.path, reason });
}

/**
 * Throws disk.untrusted if a file of an open link, the first apart, lies outside the tree of the first and was
 * never approved; disk.io if one was exchanged since it was opened. Judges what is open, not what a path
 * led to a moment ago.
 */
export function requireTrustedExtents(link: Link, context: OpenContext): void {
  const folder = dirname(link.path);
  for (const { path, file } of link.extents) {
    if (path === link.path) continue;
    const stat = statNow(path, false);
    // The folder of the first is real: what lies in it and is no link is inside.
    if (dirname(path) === folder && !stat.isSymbolicLink() && identityOf(stat) === file.identity) continue;
    const real = realPathOf(path);
    if (identityOf(statNow(real, true)) !== file.identity) {
      const details = { file: path, operation: 'open', errno: 'ESTALE' };
      throw new RedoubtError('disk.io', `${path} was replaced while it was being opened.`, details);
    }
    requireTrustedPath(link.path, path, real, context);
  }
}

/** The same of files that are not open, by what their paths lead to now. Throws disk.untrusted, disk.not-found. */
export function requireTrustedFiles({ path: first, files }: LinkHead, context: OpenContext): void {
  for (const path of files) {
    if (path !== first && statNow(path, false).isSymbolicLink())
      requireTrustedPath(first, path, realPathOf(path), context);
  }
}

/** `path` is part of the link whose first file is `first`, and leads to `real`. */
function requireTrustedPath(first: string, path: string, real: string, context: OpenContext): void {
  if (isInside(dirname(first), real) || isNamed(real, context) || isPathApproved(real, context)) return;
  const reason = 'it lies outside the folder of the disk and was never approved';
  const message = `${path} is part of ${first} and leads to ${real}: ${reason}.`;
  throw new RedoubtError('disk.untrusted', message, { file: first, path: real, reason });
}

/** Whether the folder holds the path, at any depth, or is it. Both must be real. */
export function isInside(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === '' || !(steps === '..' || steps.startsWith('../') || steps.startsWith('..\\') || isAbsolute(steps));
}

/** Plain data proves nothing: any file of the host could be it. */
function hasHeader({ format }: LinkHead): boolean {
  return format !== 'flat' && format !== 'raw';
}

/** Whether the user named the file, or a folder that it lies in, for this call. `path` is a real one. */
export function isNamed(path: string, { trustedPaths = [] }: OpenContext): boolean {
  return trustedPaths.some((named) => isInside(realPathIfThere(named), path));
}

function isInConfiguration(head: LinkHead, { configDirectory }: OpenContext): boolean {
  return configDirectory !== undefined && hasHeader(head) && isInside(realPathIfThere(configDirectory), head.path);
}

/** Being asked again is no failure. */
function approveIfPossible(head: LinkHead, context: OpenContext): void {
  try {
    approveLink(head, context);
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
  }
}

function statNow(path: string, followsLinks: boolean): BigIntStats {
  try {
    return followsLinks ? statSync(path, { bigint: true }) : lstatSync(path, { bigint: true });
  } catch (error) {
    throw asFileError(error, path, 'open');
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${String(dev)}:${String(ino)}`;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw asFileError(error, path, 'open');
  }
}

function realPathIfThere(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

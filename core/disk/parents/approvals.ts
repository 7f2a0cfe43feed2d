import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFileError, errnoOf } from '../../base/file-error.ts';
import { resolveHome } from '../../base/home.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { readLinkHead, realPath, type LinkHead } from '../link-head.ts';
import type { OpenContext } from '../open-context.ts';

/**
 * What may be opened although it lies elsewhere than what names it. A header is untrusted input: without this
 * list, a redo log from a stranger could name any file of the host as its parent and show it to the guest.
 * One small file an approval, so that processes that approve at the same time lose nothing; kept with the
 * host's settings and never beside the disks, which may have come from the stranger too.
 */

/**
 * Remembers that the user has chosen a file: a link by any path of its first file, else that very file.
 * Throws disk.not-found, disk.permission, disk.no-space, disk.io.
 */
export function approveFile(path: string, context: OpenContext): void {
  const real = realPath(path);
  let head: LinkHead;
  try {
    head = readLinkHead(real);
  } catch (error) {
    if (!(error instanceof RedoubtError) || !(error.kind === 'data' || error.kind === 'request')) throw error;
    // A later file of a disk, or one that is none.
    approve(nameOfPath(real), real, context);
    return;
  }
  approveLink(head, context);
}

/** Remembers that the user or this product has chosen this link. Throws disk.permission, disk.no-space, disk.io. */
export function approveLink(head: LinkHead, context: OpenContext): void {
  approve(approvalName(head), head.path, context);
}

export function isApproved(head: LinkHead, context: OpenContext): boolean {
  return isListed(approvalName(head), context);
}

/** Whether this very file was approved. `path` is a real one. */
export function isPathApproved(path: string, context: OpenContext): boolean {
  return isListed(nameOfPath(path), context);
}

/** Where the list can't be looked at the user is asked again. */
function isListed(name: string, context: OpenContext): boolean {
  try {
    return isThere(join(approvalsFolder(context), name));
  } catch (error) {
    if (error instanceof RedoubtError) return false;
    throw error;
  }
}

function approve(name: string, path: string, context: OpenContext): void {
  const folder = approvalsFolder(context);
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify({ redoubt: 1, path })}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw asFileError(error, file, 'write');
  }
}

function approvalsFolder(context: OpenContext): string {
  return join(context.settingsDirectory ?? resolveHome().settingsDirectory, 'approved-parents');
}

/** By link id where the file itself has one, because that survives a move; else by path. */
function approvalName({ path, state, format }: LinkHead): string {
  const hasOwnId = format !== 'flat' && format !== 'raw';
  return (hasOwnId ? state.record?.linkId : undefined) ?? nameOfPath(path);
}

function nameOfPath(path: string): string {
  return `path-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFileError, errnoOf } from '../base/file-error.ts';
import { resolveHome } from '../base/home.ts';
import { isThere } from '../base/is-there.ts';
import type { LinkHead } from './link-head.ts';
import type { OpenContext } from './open-context.ts';

/**
 * What may be a parent although it lies elsewhere than its child. A header is untrusted input: without this
 * list, a redo log from a stranger could name any file of the host as its parent and show it to the guest.
 * One small file an approval, so that processes that approve at the same time lose nothing; kept with the
 * host's settings and never beside the disks, which may have come from the stranger too.
 */

/** Remembers that the user or this product has chosen this link as a parent. Throws disk.permission, disk.no-space, disk.io. */
export function approveLink(head: LinkHead, context: OpenContext): void {
  const folder = approvalsFolder(context);
  const file = join(folder, approvalName(head));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify({ redoubt: 1, path: head.path })}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw asFileError(error, file, 'write');
  }
}

export function isApproved(head: LinkHead, context: OpenContext): boolean {
  return isThere(join(approvalsFolder(context), approvalName(head)));
}

function approvalsFolder(context: OpenContext): string {
  return join(context.settingsDirectory ?? resolveHome().settingsDirectory, 'approved-parents');
}

/** By link id where the file has one, because that survives a move; else by path. */
function approvalName({ path, state }: LinkHead): string {
  return state.record?.linkId ?? `path-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}

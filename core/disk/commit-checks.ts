import { RedoubtError } from '../base/redoubt-error.ts';
import { Link } from './chain/link.ts';
import { commitRoom } from './commit-room.ts';
import { findDependents } from './dependents.ts';
import { hostFiles } from './disk-file.ts';
import { formatNamed } from './formats/open-format.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import type { OpenContext } from './open-context.ts';
import { checkWritable, protectedFile } from './protection.ts';

/**
 * What must hold before a commit begins: nobody else hangs from the parent, and what will be written can
 * be. Throws disk.read-only (with the dependents), disk.has-dependents, disk.permission, disk.unsupported (a
 * file with several hard links, or marked inconsistent).
 */
export async function checkCommit(child: LinkHead, parent: LinkHead, context: OpenContext): Promise<void> {
  const dependents = await findDependents(parent.path, {
    searchPaths: context.searchDirectories ?? [],
    except: [child.path],
  });
  const file = protectedFile(parent);
  if (file !== undefined) {
    throw new RedoubtError('disk.read-only', `${file} is protected against writing${named(dependents)}.`, {
      file,
      dependents,
    });
  }
  if (dependents.length > 0) {
    throw new RedoubtError('disk.has-dependents', `Other redo logs hang from ${parent.path}${named(dependents)}.`, {
      file: parent.path,
      dependents,
    });
  }
  checkWritable(child);
  const searchPaths = context.searchDirectories ?? [];
  const nested = (await findDependents(child.path, { searchPaths })).map(({ path }) => readLinkHead(path));
  for (const head of [child, parent, ...nested]) proveWritable(head);
}

/** Throws disk.no-space if the parent's file system has no room for the copy. Returns how much will be copied. */
export function checkRoom(child: Link, parentHead: LinkHead): number {
  const parent = Link.open({ files: parentHead.files, format: parentHead.format, isWritable: false });
  try {
    const { copyBytes, needBytes, freeBytes } = commitRoom(child, parent);
    if (needBytes <= freeBytes) return copyBytes;
    const message = `${parent.path} needs ${String(needBytes)} bytes more, and ${String(freeBytes)} are free.`;
    throw new RedoubtError('disk.no-space', message, { file: parent.path, needBytes, freeBytes });
  } finally {
    parent.close();
  }
}

/** By opening its files as the commit will; that changes nothing. */
function proveWritable({ format, files }: LinkHead): void {
  for (const path of files) formatNamed(format).proveWritable(hostFiles, path);
}

function named(dependents: readonly { path: string }[]): string {
  return dependents.length === 0 ? '' : `: ${dependents.map(({ path }) => path).join(', ')}`;
}

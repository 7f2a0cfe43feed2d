import { chmodSync, statSync } from 'node:fs';
import { asFileError } from '../base/file-error.ts';
import { readLinkHead, type LinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';
import type { OpenContext } from './open-context.ts';
import { requireTrustedFiles } from './parents/trust.ts';

/**
 * Takes every write bit from all files of a disk, or, where one of them refuses, from none. Returns the files.
 * Throws disk.permission, disk.locked (somebody writes it), disk.not-found (a file of it), disk.untrusted (one
 * that leads out of its folder), and what reading a link throws.
 */
export async function protectDisk(file: string, context: OpenContext = {}): Promise<string[]> {
  const head = readLinkHead(file);
  const lock = await lockFile(head.path, 'reader', { purpose: 'protecting' });
  try {
    changeModes(head, context, (mode) => mode & ~0o222);
  } finally {
    await lock?.release();
  }
  return [...head.files];
}

/** Gives the owner's write bit back to all files of a disk, or to none. Returns the files. Throws as protectDisk, but for the lock. */
export async function unprotectDisk(file: string, context: OpenContext = {}): Promise<string[]> {
  const head = readLinkHead(file);
  changeModes(head, context, (mode) => mode | 0o200);
  return Promise.resolve([...head.files]);
}

/** The first file last: it is the one that is looked at first. */
function changeModes(head: LinkHead, context: OpenContext, change: (mode: number) => number): void {
  requireTrustedFiles(head, context);
  const wanted = [...head.files].reverse().map((path) => ({ path, before: modeOf(path) }));
  const changed: { path: string; before: number }[] = [];
  for (const { path, before } of wanted) {
    if (change(before) === before) continue;
    try {
      chmodSync(path, change(before));
    } catch (error) {
      for (const one of changed) chmodSync(one.path, one.before);
      throw asFileError(error, path, 'change the mode of');
    }
    changed.push({ path, before });
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o7777;
  } catch (error) {
    throw asFileError(error, path, 'change the mode of');
  }
}

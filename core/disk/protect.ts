import { chmodSync, statSync } from 'node:fs';
import { asFileError } from '../base/file-error.ts';
import { readLinkHead } from './link-head.ts';
import { lockFile } from './locks/file-lock.ts';

/** Takes every write bit from all segments of a disk. Returns the files. Throws disk.permission, disk.locked (somebody writes it) and what reading a link throws. */
export async function protectDisk(file: string): Promise<string[]> {
  const { path, files } = readLinkHead(file);
  const lock = await lockFile(path, 'reader', { purpose: 'protecting' });
  try {
    changeModes(files, (mode) => mode & ~0o222);
  } finally {
    await lock?.release();
  }
  return [...files];
}

/** Gives the owner's write bit back to all segments of a disk. Returns the files. Throws disk.permission and what reading a link throws. */
export async function unprotectDisk(file: string): Promise<string[]> {
  const { files } = readLinkHead(file);
  changeModes(files, (mode) => mode | 0o200);
  return Promise.resolve([...files]);
}

/** The first segment last: it is the one that is looked at first. */
function changeModes(files: readonly string[], change: (mode: number) => number): void {
  for (const path of [...files].reverse()) {
    try {
      const mode = statSync(path).mode & 0o7777;
      if (change(mode) !== mode) chmodSync(path, change(mode));
    } catch (error) {
      throw asFileError(error, path, 'change the mode of');
    }
  }
}

import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { asFileError } from '../base/file-error.ts';
import { statusIfThere } from '../base/file-status.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import type { LinkHead } from './link-head.ts';

/**
 * The first protected file of a link, if any. A file without any write bit is read-only to the engine, whoever
 * runs it: the superuser, to whom the system would allow it, too. A missing segment is for others to report. Throws disk.permission, disk.io.
 */
export function protectedFile(head: LinkHead): string | undefined {
  return head.files.find((file) => {
    const stat = statusIfThere(file);
    return stat !== undefined && (stat.mode & 0o222) === 0;
  });
}

/**
 * Throws disk.read-only if any segment of a link is protected, disk.permission if it keeps its record beside
 * it and the folder can't be written.
 */
export function checkWritable(head: LinkHead): void {
  const file = protectedFile(head);
  if (file !== undefined)
    throw new RedoubtError('disk.read-only', `${file} is protected against writing.`, { file, dependents: [] });
  if (head.format === 'cowd') return;
  try {
    accessSync(dirname(head.path), constants.W_OK);
  } catch (error) {
    throw asFileError(error, dirname(head.path), 'write');
  }
}

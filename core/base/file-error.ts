import { RedoubtError } from './redoubt-error.ts';

/** The errno name of something thrown by `node:fs`, or `undefined`. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Turns what `node:fs` threw into an error of ours, the one place where a host's error number becomes a
 * code: disk.not-found, disk.permission, disk.no-space, disk.exists, disk.not-a-disk, disk.loop (symbolic
 * links), disk.bad-name (too long) or disk.io. What is ours already passes through; what has no error number is
 * a mistake of ours. `operation` is a word for the log.
 */
export function asFileError(error: unknown, file: string, operation: string): RedoubtError {
  if (error instanceof RedoubtError) return error as RedoubtError;
  const errno = errnoOf(error);
  const options = { cause: error };
  if (errno === undefined || errno.startsWith('ERR_')) {
    return new RedoubtError('internal', `Could not ${operation} ${file}.`, { detail: String(error) }, options);
  }
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new RedoubtError('disk.not-found', `${file} does not exist.`, { file }, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new RedoubtError(
        'disk.permission',
        `No permission to ${operation} ${file}.`,
        { file, operation },
        options,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new RedoubtError('disk.no-space', `No space is left for ${file}.`, { file }, options);
    case 'EISDIR':
    case 'ENXIO':
      return new RedoubtError(
        'disk.not-a-disk',
        `${file} is not a regular file.`,
        { file, reason: 'not a regular file' },
        options,
      );
    case 'EEXIST':
      return new RedoubtError('disk.exists', `${file} exists already.`, { file }, options);
    case 'ELOOP':
      return new RedoubtError(
        'disk.loop',
        `${file} is a symbolic link that leads back to itself.`,
        { file, path: [file] },
        options,
      );
    case 'ENAMETOOLONG':
      return new RedoubtError(
        'disk.bad-name',
        `${file} is too long for a name.`,
        { value: file, reason: 'it is too long' },
        options,
      );
    default:
      return new RedoubtError(
        'disk.io',
        `Could not ${operation} ${file} (${errno}).`,
        { file, operation, errno },
        options,
      );
  }
}

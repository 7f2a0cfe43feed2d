import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs';

/** A file system of its own that a test may fill up. */
export interface SmallFileSystem {
  readonly path: string;
  /** Writes a file over all that is free, to the last block. Returns its path. */
  fill(): string;
  unmount(): void;
}

/** An ext4 of `bytes` in a file, mounted at `folder`/small; `undefined` where that isn't permitted. */
export function mountExt4(folder: string, bytes: number): SmallFileSystem | undefined {
  const image = `${folder}/small.img`;
  writeFileSync(image, '');
  truncateSync(image, bytes);
  return mountAt(`${folder}/small`, (path) => {
    // No blocks kept back for the superuser: full is full for everybody.
    execFileSync('mkfs.ext4', ['-q', '-m', '0', image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, path], { stdio: 'ignore' });
  });
}

function mountAt(path: string, mount: (path: string) => void): SmallFileSystem | undefined {
  mkdirSync(path);
  try {
    mount(path);
  } catch {
    return undefined;
  }
  return {
    path,
    fill: () => fill(path),
    unmount: () => {
      execFileSync('umount', [path]);
    },
  };
}

function fill(path: string): string {
  const ballast = `${path}/ballast`;
  const fd = openSync(ballast, 'a');
  try {
    // What the file system takes for itself on the way is not known beforehand.
    for (let size = 2 ** 20; size >= 512; size /= 2) {
      const block = Buffer.alloc(size, 1);
      try {
        while (statfsSync(path).bfree > 0) writeSync(fd, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
  return ballast;
}

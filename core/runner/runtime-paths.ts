import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Home } from '../base/home.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

/** Where the sockets of one running machine are. */
export interface RuntimePaths {
  /** Mode 0700; everything below is the runner's. */
  readonly directory: string;
  readonly controlSocket: string;
}

/** sockaddr_un has 104 to 108 bytes, and backends make longer names than we do. */
const longestDirectoryBytes = 70;

/**
 * The runtime folder of a machine. A home that lies too deep for socket paths gets a short folder in the
 * system's temporary one, the same for everybody who asks for the same home.
 */
export function runtimePaths(home: Home, machineId: string): RuntimePaths {
  const direct = join(home.runDirectory, machineId);
  const directory =
    Buffer.byteLength(direct) <= longestDirectoryBytes ? direct : join(shortRoot(home), machineId.slice(0, 12));
  return { directory, controlSocket: join(directory, 'control.sock') };
}

/**
 * Makes the runtime folder, empty, and sees to it that nobody else can look into it. The caller holds the
 * machine, so what lies there is of a runner that was killed. Throws disk.permission.
 */
export function prepareRuntimeDirectory(home: Home, machineId: string): RuntimePaths {
  const paths = runtimePaths(home, machineId);
  const above = dirname(paths.directory);
  makePrivate(above);
  if (isOwnFolder(paths.directory)) rmSync(paths.directory, { recursive: true });
  makePrivate(paths.directory);
  return paths;
}

/** Whether a runtime folder is there and nobody else can have prepared it. */
export function isOwnRuntimeDirectory({ directory }: RuntimePaths): boolean {
  return isOwnFolder(dirname(directory)) && isOwnFolder(directory);
}

function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isOwnFolder(directory)) {
    throw new RedoubtError('disk.permission', `${directory} belongs to somebody else.`, {
      file: directory,
      operation: 'use',
    });
  }
  if (process.platform !== 'win32' && (lstatSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

/** A folder, no link to one, and this user's. */
function isOwnFolder(directory: string): boolean {
  const status = lstatSync(directory, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true) return false;
  return process.platform === 'win32' || status.uid === userInfo().uid;
}

function shortRoot(home: Home): string {
  const key = createHash('sha256').update(home.runDirectory).digest('hex').slice(0, 10);
  return join(tmpdir(), `redoubt-${String(userInfo().uid)}-${key}`);
}

import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
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

/** Makes the runtime folder and sees to it that nobody else can look into it. Throws disk.permission. */
export function prepareRuntimeDirectory(home: Home, machineId: string): RuntimePaths {
  const paths = runtimePaths(home, machineId);
  for (const directory of [join(paths.directory, '..'), paths.directory]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (process.platform === 'win32') continue;
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== userInfo().uid) {
      throw new RedoubtError('disk.permission', `${directory} belongs to somebody else.`, {
        file: directory,
        operation: 'use',
      });
    }
    if ((status.mode & 0o077) !== 0) chmodSync(directory, 0o700);
  }
  return paths;
}

function shortRoot(home: Home): string {
  const key = createHash('sha256').update(home.runDirectory).digest('hex').slice(0, 10);
  return join(tmpdir(), `redoubt-${String(userInfo().uid)}-${key}`);
}

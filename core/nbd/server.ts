import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { BlockDevice } from '../disk/block-device.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { Connection } from './connection.ts';
import { SlabPool } from './slab-pool.ts';
import { Wakefulness } from './wakefulness.ts';

export interface NbdServerOptions {
  /** Where the Unix socket is made, mode 0600. One that a dead server left there is replaced. */
  readonly socketPath: string;
  /** The devices by export name; the empty name is the default export. They stay the caller's to close. */
  readonly exports: ReadonlyMap<string, BlockDevice>;
  /**
   * `simple`: clients that ask for structured replies do not get them, nor block status with them. A read then
   * takes libnbd two system calls to receive instead of four; docs/benchmarks.md has what that brings. Default: as clients ask.
   */
  readonly replies?: 'simple' | 'as-asked';
}

export interface NbdServer {
  readonly socketPath: string;
  /**
   * Stops accepting, carries out what was received, flushes, and ends every connection. Afterwards the
   * socket file is gone and no device is used any more. May be called more than once.
   */
  close(): Promise<void>;
}

/** What sockaddr_un holds before its terminating zero. */
const longestPathBytes = process.platform === 'linux' ? 107 : 103;

/**
 * Serves block devices over NBD (fixed newstyle, simple or structured replies) on a Unix socket. Resolves when it
 * accepts connections. Throws disk.io, with the error number, if the socket can't be made.
 */
export async function startNbdServer({
  socketPath,
  exports,
  replies = 'as-asked',
}: NbdServerOptions): Promise<NbdServer> {
  const pool = new SlabPool();
  const wakefulness = new Wakefulness();
  const connections = new Set<Connection>();
  // A client that has said its last word still gets its answers.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const connection = new Connection(socket, exports, replies === 'as-asked', pool, wakefulness);
    connections.add(connection);
    void connection.ended.then(() => {
      connections.delete(connection);
      if (connections.size === 0) pool.clear();
    });
  });
  refuseHopelessPath(socketPath);
  if (await isAbandoned(socketPath)) unlinkSync(socketPath);
  await listen(server, socketPath);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    await Promise.all(
      [...connections].map(async (connection) => {
        connection.end();
        await connection.ended;
      }),
    );
    await closed;
  };
  return { socketPath, close: () => (closing ??= close()) };
}

/** Whether there is a socket that nobody listens on. */
async function isAbandoned(socketPath: string): Promise<boolean> {
  // Connecting to a plain file is refused in the same words.
  if (!isSocket(socketPath)) return false;
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  } catch (error) {
    throw socketError(path, error as NodeJS.ErrnoException);
  }
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(socketError(socketPath, error));
    });
    server.listen({ path: socketPath }, () => {
      // From now on it speaks of a client that could not be let in (no descriptor, no memory); the others go on.
      server.on('error', () => undefined);
      resolve();
    });
    // Where it could not be made, what has its name is somebody else's file, and the error event says why.
    if (!server.listening) return;
    // A listening Unix socket exists as soon as `listen` returns; before this line only its owner could
    // have connected under any usual umask, and a thread can't set its own.
    try {
      chmodSync(socketPath, 0o600);
    } catch {
      // It has no mode: what Windows calls a socket is no file.
    }
  });
}

/**
 * What the system would not say by itself: too long a path is cut off without a word, and the socket is another
 * one than the caller's; a missing folder is called a want of permission. Windows has other names for sockets.
 */
function refuseHopelessPath(socketPath: string): void {
  if (process.platform === 'win32') return;
  if (Buffer.byteLength(socketPath) > longestPathBytes)
    throw listenError(socketPath, `its path is longer than ${String(longestPathBytes)} bytes`, 'ENAMETOOLONG');
  if (!existsSync(dirname(socketPath))) throw listenError(socketPath, 'its folder does not exist', 'ENOENT');
}

function socketError(socketPath: string, cause: NodeJS.ErrnoException): RedoubtError<'disk.io'> {
  const reason = cause.code === 'EADDRINUSE' ? 'its name is taken' : cause.message;
  return listenError(socketPath, reason, cause.code ?? 'unknown', cause);
}

function listenError(socketPath: string, reason: string, errno: string, cause?: Error): RedoubtError<'disk.io'> {
  return new RedoubtError(
    'disk.io',
    `Cannot listen on the socket ${socketPath}: ${reason}.`,
    { file: socketPath, operation: 'listen', errno },
    { cause },
  );
}

import fs, { constants } from 'node:fs';
import { firstDescriptor, HostCalls } from './host-calls.ts';
import { HostStat } from './host-stat.ts';
import { hostError, hostInUse, LifeEnded, memoryRoot } from './memory-host.ts';
import { replace, type AnyFunction } from './replace-members.ts';
import type { Inode } from './stored-disk.ts';

function isOurs(path: unknown): path is string {
  return typeof path === 'string' && (path === memoryRoot || path.startsWith(`${memoryRoot}/`));
}

function calls(): HostCalls {
  const inUse = hostInUse.getStore();
  if (inUse === undefined) throw new Error('a path of the memory host was used outside of its lives');
  return new HostCalls(inUse.host, inUse.life);
}

function flagsOf(flags: unknown): number {
  if (typeof flags === 'number') return flags;
  const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = constants;
  const known: Record<string, number> = {
    r: O_RDONLY,
    'r+': O_RDWR,
    w: O_WRONLY | O_CREAT | O_TRUNC,
    wx: O_WRONLY | O_CREAT | O_EXCL,
    'wx+': O_RDWR | O_CREAT | O_EXCL,
  };
  const found = known[typeof flags === 'string' ? flags : 'r'];
  if (found === undefined) throw new Error(`flags ${String(flags)} are not known to the memory host`);
  return found;
}

interface Options {
  readonly bigint?: boolean;
  readonly throwIfNoEntry?: boolean;
  readonly withFileTypes?: boolean;
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly encoding?: string;
  readonly flag?: string;
  readonly mode?: number;
  readonly flush?: boolean;
}

function statPath(path: string, options?: Options, follows = true): object | undefined {
  try {
    return new HostStat(calls().stat(path, follows), options?.bigint === true);
  } catch (error) {
    if (options?.throwIfNoEntry === false && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function listFolder(path: string, options?: Options): unknown[] {
  return calls()
    .list(path)
    .map(([name, inode]) =>
      options?.withFileTypes === true
        ? {
            name,
            parentPath: path,
            path,
            isFile: () => inode.kind === 'file',
            isDirectory: () => inode.kind === 'folder',
            isSymbolicLink: () => inode.kind === 'symbolic-link',
          }
        : name,
    );
}

function makeFolder(path: string, options?: Options | number): void {
  const { recursive = false, mode = 0o777 } = typeof options === 'object' ? options : {};
  if (recursive) {
    if (fs.existsSync(path)) return;
    makeFolder(path.slice(0, path.lastIndexOf('/')), options);
  }
  calls().makeFolder(path, mode);
}

function removeAll(path: string, { recursive = false, force = false }: Options = {}): void {
  const host = calls();
  let inode: Inode;
  try {
    inode = host.stat(path, false);
  } catch (error) {
    if (force && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (inode.kind !== 'folder') {
    host.unlink(path);
    return;
  }
  if (!recursive) throw hostError('EISDIR', 'rm', path);
  for (const [name] of host.list(path)) removeAll(`${path}/${name}`, { recursive, force });
  host.removeFolder(path);
}

function readWhole(from: string | number, options?: Options | string): string | Buffer {
  const host = calls();
  const descriptor = typeof from === 'number' ? from : host.open(from, constants.O_RDONLY, 0);
  try {
    const inode = host.statDescriptor(descriptor);
    const bytes = Buffer.alloc(inode.content.lengthBytes);
    host.read(descriptor, bytes, typeof from === 'number' ? null : 0);
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return encoding === undefined ? bytes : bytes.toString(encoding as BufferEncoding);
  } finally {
    if (typeof from === 'string') host.close(descriptor);
  }
}

function writeWhole(path: string, content: string | Uint8Array, options?: Options | string): void {
  const { flag = 'w', mode = 0o666, flush = false } = typeof options === 'object' ? options : {};
  const host = calls();
  const descriptor = host.open(path, flagsOf(flag), mode);
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length;) done += host.write(descriptor, [bytes.subarray(done)], done);
    if (flush) host.beginSync(descriptor)();
  } finally {
    host.close(descriptor);
  }
}

/** Writes of `node:fs` name a part of a buffer in two ways. */
function partOf(bytes: Uint8Array, offset?: number | null, length?: number | null): Uint8Array {
  const start = offset ?? 0;
  return bytes.subarray(start, start + (length ?? bytes.length - start));
}

/** Node's callbacks come later, and never to a process that has ended. */
function later<T>(act: () => T, done: (error: unknown, result?: T) => void): void {
  const inUse = hostInUse.getStore();
  setImmediate(() => {
    if (inUse?.life.isOver === true) return;
    try {
      const result = act();
      done(null, result);
    } catch (error) {
      if (!(error instanceof LifeEnded)) done(error);
    }
  });
}

type Done = (error: unknown, result?: unknown) => void;

function syncLater(descriptor: number, done: Done): void {
  let end: () => void;
  try {
    end = calls().beginSync(descriptor);
  } catch (error) {
    if (!(error instanceof LifeEnded))
      later(() => {
        throw error;
      }, done);
    return;
  }
  later(end, done);
}

/**
 * `node:fs` as the engine uses it: below `memoryRoot` the memory host, else the real one. Returns what takes it
 * away again.
 */
export function replaceFs(): () => void {
  /** For calls whose first argument is a path. */
  const path =
    (act: (path: string, ...rest: never[]) => unknown) =>
    (real: AnyFunction): AnyFunction =>
    (first: unknown, ...rest: never[]) =>
      isOurs(first) ? act(first, ...rest) : real(first as never, ...rest);
  /** For calls whose first argument is a descriptor. */
  const descriptor =
    (act: (descriptor: number, ...rest: never[]) => unknown) =>
    (real: AnyFunction): AnyFunction =>
    (first: unknown, ...rest: never[]) =>
      typeof first === 'number' && first > firstDescriptor ? act(first, ...rest) : real(first as never, ...rest);
  /** For symlink, whose second argument is the path. */
  const second =
    (act: (first: never, path: string) => unknown) =>
    (real: AnyFunction): AnyFunction =>
    (first: never, path: unknown, ...rest: never[]) =>
      isOurs(path) ? act(first, path) : real(first, path as never, ...rest);
  const either =
    (act: (first: string | number, ...rest: never[]) => unknown) =>
    (real: AnyFunction): AnyFunction =>
    (first: unknown, ...rest: never[]) =>
      isOurs(first) || (typeof first === 'number' && first > firstDescriptor)
        ? act(first, ...rest)
        : real(first as never, ...rest);
  return replace(fs, {
    openSync: path((file, flags?: unknown, mode?: number) => calls().open(file, flagsOf(flags), mode ?? 0o666)),
    statSync: path((file, options?: Options) => statPath(file, options)),
    lstatSync: path((file, options?: Options) => statPath(file, options, false)),
    existsSync: path((file) => {
      try {
        return statPath(file, { throwIfNoEntry: false }) !== undefined;
      } catch {
        return false;
      }
    }),
    accessSync: path((file) => void calls().stat(file)),
    realpathSync: path((file) => {
      calls().stat(file);
      return file.length > 1 ? file.replace(/\/+$/, '') : file;
    }),
    readlinkSync: path((file) => calls().readLink(file)),
    readdirSync: path((file, options?: Options) => listFolder(file, options)),
    mkdirSync: path((file, options?: Options) => {
      makeFolder(file, options);
    }),
    rmdirSync: path((file) => {
      calls().removeFolder(file);
    }),
    rmSync: path((file, options?: Options) => {
      removeAll(file, options);
    }),
    unlinkSync: path((file) => {
      calls().unlink(file);
    }),
    renameSync: path((from, to: string) => {
      calls().rename(from, to);
    }),
    symlinkSync: second((target: string, file) => {
      calls().makeLink(target, file);
    }),
    linkSync: path((from, to: string) => {
      calls().link(from, to);
    }),
    lutimesSync: path((file, _accessed: unknown, modified: Date | number) => {
      const at = typeof modified === 'number' ? modified * 1000 : modified.getTime();
      calls().setTimes(calls().stat(file, false), file, at);
    }),
    chmodSync: path((file, mode: number) => {
      calls().changeMode(calls().stat(file), file, mode);
    }),
    utimesSync: path((file, _accessed: unknown, modified: Date | number) => {
      const at = typeof modified === 'number' ? modified * 1000 : modified.getTime();
      calls().setTimes(calls().stat(file), file, at);
    }),
    statfsSync: path((file) => {
      const free = calls().freeBytes(file);
      return { type: 0xef53, bsize: 4096, blocks: 1e9, bfree: free / 4096, bavail: Math.floor(free / 4096) };
    }),
    readFileSync: either((from, options?: Options | string) => readWhole(from, options)),
    writeFileSync: path((file, content: string | Uint8Array, options?: Options | string) => {
      writeWhole(file, content, options);
    }),
    copyFileSync: path((from, to: string) => {
      writeWhole(to, readWhole(from));
    }),
    closeSync: descriptor((file) => {
      calls().close(file);
    }),
    fstatSync: descriptor(
      (file, options?: Options) => new HostStat(calls().statDescriptor(file), options?.bigint === true),
    ),
    fchmodSync: descriptor((file, mode: number) => {
      calls().changeMode(calls().statDescriptor(file), calls().pathOf(file), mode);
    }),
    futimesSync: descriptor((file, _accessed: unknown, modified: Date | number) => {
      const at = typeof modified === 'number' ? modified * 1000 : modified.getTime();
      calls().setTimes(calls().statDescriptor(file), calls().pathOf(file), at);
    }),
    readSync: descriptor((file, bytes: Uint8Array, offset?: number, length?: number, position?: number | null) =>
      calls().read(file, partOf(bytes, offset, length), position ?? null),
    ),
    readvSync: descriptor((file, chunks: Uint8Array[], position?: number | null) =>
      readChunks(file, chunks, position ?? null),
    ),
    writeSync: descriptor(
      (file, bytes: Uint8Array | string, offset?: number, length?: number, position?: number | null) =>
        typeof bytes === 'string'
          ? calls().write(file, [Buffer.from(bytes)], null)
          : calls().write(file, [partOf(bytes, offset, length)], position ?? null),
    ),
    writevSync: descriptor((file, chunks: Uint8Array[], position?: number | null) =>
      calls().write(file, chunks, position ?? null),
    ),
    ftruncateSync: descriptor((file, length?: number) => {
      calls().truncate(file, length ?? 0);
    }),
    fsyncSync: descriptor((file) => {
      calls().beginSync(file)();
    }),
    fdatasyncSync: descriptor((file) => {
      calls().beginSync(file)();
    }),
    fsync: descriptor((file, done: Done) => {
      syncLater(file, done);
    }),
    fdatasync: descriptor((file, done: Done) => {
      syncLater(file, done);
    }),
    close: descriptor((file, done?: Done) => {
      later(
        () => {
          calls().close(file);
        },
        done ?? (() => undefined),
      );
    }),
    read: descriptor((file, bytes: Uint8Array, offset: number, length: number, position: number | null, done: Done) => {
      later(() => calls().read(file, partOf(bytes, offset, length), position), done);
    }),
    readv: descriptor((file, chunks: Uint8Array[], position: number | null, done: Done) => {
      later(() => readChunks(file, chunks, position), done);
    }),
    write: descriptor(
      (file, bytes: Uint8Array, offset: number, length: number, position: number | null, done: Done) => {
        later(() => calls().write(file, [partOf(bytes, offset, length)], position), done);
      },
    ),
    writev: descriptor((file, chunks: Uint8Array[], position: number | null, done: Done) => {
      later(() => calls().write(file, chunks, position), done);
    }),
  });
}

function readChunks(file: number, chunks: readonly Uint8Array[], position: number | null): number {
  let done = 0;
  for (const chunk of chunks) {
    const got = calls().read(file, chunk, position === null ? null : position + done);
    done += got;
    if (got < chunk.length) break;
  }
  return done;
}

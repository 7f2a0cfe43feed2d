import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describeExit, endChild, startChild } from '../base/child-process.ts';
import { errnoOf } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

/** The program that reads and writes the formats that are not ours. */

export interface QemuImgOptions {
  /** Where it runs: names in headers that begin nowhere else begin there. Default: where this process does. */
  readonly folder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Its path. Throws disk.tool-missing, which says what to install. */
export function findQemuImg(folders = defaultFolders()): string {
  const name = process.platform === 'win32' ? 'qemu-img.exe' : 'qemu-img';
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found !== undefined) return found;
  const message = 'qemu-img was not found; install qemu-utils (Debian, Ubuntu), qemu-img (Fedora) or qemu (elsewhere).';
  throw new RedoubtError('disk.tool-missing', message, {
    tool: 'qemu-img',
    install: 'qemu-utils',
    searched: [...folders],
  });
}

/** What is being converted, and to what, as errors call them. */
export interface ConversionEnds {
  readonly source: string;
  readonly target: string;
}

/**
 * Converts; `args` are those of `qemu-img convert`. Throws disk.tool-missing, job.cancelled, disk.no-space, disk.io
 * (with the last thing that it said).
 */
export async function runConvert(
  args: readonly string[],
  ends: ConversionEnds,
  { folder, signal, onProgress }: QemuImgOptions,
): Promise<void> {
  if (isStopped(signal)) throw stopped();
  const child = await startChild(findQemuImg(), ['convert', '-p', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    // Its words are read.
    env: { ...process.env, LC_ALL: 'C' },
  }).catch((error: unknown) => {
    throw failure(ends, `it could not be started (${errnoOf(error) ?? String(error)})`, errnoOf(error));
  });
  child.process.stdout?.setEncoding('latin1').on('data', (text: string) => {
    const last = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
    if (last !== undefined) onProgress?.(Math.min(1, Number(last) / 100));
  });
  const stop = () => {
    void endChild(child.process);
  };
  signal?.addEventListener('abort', stop);
  // It may have come while the program was started.
  if (isStopped(signal)) stop();
  try {
    const exit = await child.exited;
    if (isStopped(signal)) throw stopped();
    if (exit.code !== 0) throw failure(ends, child.errorTail() || describeExit(exit));
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** What `qemu-img info` says of one file; nothing that it names is opened. */
export interface ForeignInfo {
  readonly format: string;
  readonly sizeBytes: number;
  /** Every file that its header names: its backing file, as it is called there, and files of its data. */
  readonly backing: string | undefined;
  /** What the header says that the backing file is; absent where qemu-img finds that out. */
  readonly backingFormat: string | undefined;
  readonly dataFiles: readonly string[];
}

/**
 * `file` is absolute: no name is taken for a protocol then. `folder`: as QemuImgOptions have it.
 * `format`: what it is taken for, whatever it begins with.
 * Throws disk.tool-missing, disk.not-a-disk.
 */
export async function askInfo(file: string, folder: string, format?: string): Promise<ForeignInfo> {
  const program = findQemuImg();
  const text = await new Promise<string>((resolve, reject) => {
    const args = ['info', '--output=json', '-U', ...(format === undefined ? [] : ['-f', format]), file];
    execFile(
      program,
      args,
      { timeout: 60_000, maxBuffer: 2 ** 24, cwd: folder, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(notReadable(file, lastLine(stderr) || error.message));
      },
    );
  });
  const info = parse(file, text) as {
    format?: unknown;
    'virtual-size'?: unknown;
    'full-backing-filename'?: unknown;
    'backing-filename'?: unknown;
    'backing-filename-format'?: unknown;
    'format-specific'?: { data?: { 'data-file'?: unknown; extents?: unknown } };
  };
  const { format: found, 'virtual-size': sizeBytes, 'backing-filename-format': backingFormat } = info;
  if (typeof found !== 'string' || typeof sizeBytes !== 'number')
    throw notReadable(file, 'qemu-img said nothing of it');
  const backing = info['full-backing-filename'] ?? info['backing-filename'];
  const data = info['format-specific']?.data;
  const extents = Array.isArray(data?.extents) ? (data.extents as { filename?: unknown }[]) : [];
  const dataFiles = [data?.['data-file'], ...extents.map(({ filename }) => filename)];
  return {
    format: found,
    sizeBytes,
    backing: typeof backing === 'string' ? backing : undefined,
    backingFormat: typeof backingFormat === 'string' ? backingFormat : undefined,
    dataFiles: dataFiles.filter((name): name is string => typeof name === 'string' && name !== file),
  };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw notReadable(file, 'qemu-img said nothing that is understood');
  }
}

function failure({ source, target }: ConversionEnds, text: string, errno?: string): RedoubtError {
  if (/No space left on device|Disk quota exceeded/.test(text))
    return new RedoubtError('disk.no-space', `No space is left for ${target}.`, { file: target });
  const reason = lastLine(text);
  return new RedoubtError('disk.io', `qemu-img could not convert ${source}: ${reason}`, {
    file: source,
    operation: 'convert',
    errno: errno ?? reason,
  });
}

function notReadable(file: string, reason: string): RedoubtError {
  return new RedoubtError('disk.not-a-disk', `${file} can't be read as a disk: ${reason}`, { file, reason });
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function stopped(): RedoubtError {
  return new RedoubtError('job.cancelled', 'The conversion was stopped.', {});
}

/** Without the name of the program before it. */
function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/^qemu-img: /, '');
}

function defaultFolders(): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const wellKnown =
    process.platform === 'win32'
      ? [join(process.env['ProgramFiles'] ?? 'C:\\Program Files', 'qemu')]
      : ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin'];
  return [...new Set([...path, ...wellKnown])];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

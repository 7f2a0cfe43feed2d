import { lstatSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { asFileError, errnoOf } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../base/units.ts';
import type { BlockDevice } from '../disk/block-device.ts';
import { copyDisk } from '../disk/copy.ts';
import { createBase, type DialectName, type DiskBus } from '../disk/create/create-base.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { openDiskSession } from '../disk/session/session.ts';
import { startNbdServer } from '../nbd/server.ts';
import type { ForeignSource } from './foreign-source.ts';
import { openSource, type EngineSource } from './open-source.ts';
import { runConvert, type ConversionEnds, type QemuImgOptions } from './qemu-img.ts';
import { RawFileDevice } from './raw-file-device.ts';
import { openStagingFolder } from '../disk/files/staging-folder.ts';
import { checkDescribedName, foreignFormats, formatOfName, type TargetFormat } from './target-format.ts';

export interface ConvertRequest {
  /** First file of a disk or of a redo log, or whatever qemu-img reads. What it hangs from is read with it. */
  readonly source: string;
  /** New; with all its files in the place where it is named. */
  readonly target: string;
  /** Absent: by the target's name. */
  readonly format?: TargetFormat | undefined;
  /** Of a COWD disk; default hybrid. */
  readonly dialect?: DialectName | undefined;
  /** Into files below 2 GiB, for the formats that know it; default true. */
  readonly split?: boolean | undefined;
  readonly context?: OpenContext;
  readonly signal?: AbortSignal;
  /** Bytes of the disk, not of files. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface Converted {
  /** The target first. */
  readonly files: readonly string[];
  readonly format: TargetFormat;
  readonly capacityBytes: number;
}

/**
 * Makes a new disk with the content of another, in any format, sparse where the other reads as zeros. The
 * source is only read, and locked for reading where it is ours. The new files are made aside and put in their
 * place when they are complete and synced: whatever interrupts it, nothing is there under the target's name.
 *
 * What is ours, and raw data, is read and written by the engine. The rest is qemu-img's, which reads from and
 * writes to the engine over NBD where one end is ours.
 *
 * Throws disk.exists, disk.bad-name, usage.bad-argument, disk.tool-missing, disk.untrusted, disk.no-space,
 * job.cancelled, and what opening the source and creating a disk throws.
 */
export async function convertDisk(request: ConvertRequest): Promise<Converted> {
  const { source: sourceFile, context = {} } = request;
  const target = join(realFolder(dirname(request.target)), basename(request.target));
  const format = request.format ?? formatOfName(target);
  checkDescribedName(basename(target), format);
  refuseToOverwrite(target);
  // Who asks for the conversion has chosen the source.
  const trust = { ...context, trustedPaths: [...(context.trustedPaths ?? []), sourceFile] };
  const source = await openSource(sourceFile, trust);
  try {
    const staging = await openStagingFolder(target);
    try {
      const capacityBytes = Math.ceil(source.sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
      const file = join(staging.path, basename(target));
      await make({ request, source, format, capacityBytes, file }).catch((error: unknown) => {
        throw staging.inPlace(error);
      });
      const files = staging.publish(basename(target)).filter((path) => !path.endsWith('.redoubt'));
      return { files, format, capacityBytes };
    } finally {
      staging.remove();
    }
  } finally {
    if (source.kind === 'engine') await source.close();
  }
}

interface Work {
  readonly request: ConvertRequest;
  readonly source: EngineSource | ForeignSource;
  readonly format: TargetFormat;
  readonly capacityBytes: number;
  /** The target's first file, in the staging folder. */
  readonly file: string;
}

async function make(work: Work): Promise<void> {
  const { request, source, format, file, capacityBytes } = work;
  const { onProgress, signal } = request;
  const options: QemuImgOptions = {
    // Where names of data files were found to lead.
    folder: source.kind === 'foreign' ? dirname(source.file) : undefined,
    signal,
    onProgress: (share) => onProgress?.(Math.floor(share * capacityBytes), capacityBytes),
  };
  const ends: ConversionEnds = request;
  const foreign = foreignFormats[format];
  if (foreign !== undefined || (format === 'raw' && source.kind === 'foreign')) {
    const writes = [...(foreign ?? ['-O', 'raw']), file];
    if (source.kind === 'foreign') {
      await runConvert(['-f', source.format, source.file, ...writes], ends, options);
    } else {
      await overNbd(source.device, (url) => runConvert(['-f', 'raw', url, ...writes], ends, options));
    }
    return;
  }
  const target = await openTarget(work);
  try {
    if (source.kind === 'engine') await copyDisk(source.device, target.device, { signal, onProgress });
    else await fill(target.device, source, ends, options);
  } finally {
    await target.close();
  }
}

/** A new, empty disk of ours, or a file full of nothing. Whoever opened it closes it. */
async function openTarget({
  request,
  source,
  format,
  file,
  capacityBytes,
}: Work): Promise<{ device: BlockDevice; close(): Promise<void> }> {
  if (format === 'raw') {
    const device = RawFileDevice.create(file, capacityBytes);
    return { device, close: () => device.close() };
  }
  const bus: DiskBus = (source.kind === 'engine' ? source.bus : undefined) ?? 'ide';
  const { dialect, split = true } = request;
  const { files } = await createBase({
    file,
    capacityBytes,
    split,
    bus,
    format: format === 'vmdk' ? 'vmdk' : 'cowd',
    ...(dialect === undefined ? {} : { dialect }),
  });
  for (const path of files) refuseToOverwrite(join(dirname(dirname(file)), basename(path)));
  return await openDiskSession({ file, mode: 'persistent' });
}

/** The target is new: what qemu-img finds to be zeros it need not write. */
async function fill(
  target: BlockDevice,
  source: ForeignSource,
  ends: ConversionEnds,
  options: QemuImgOptions,
): Promise<void> {
  await overNbd(target, (url) =>
    runConvert(['-f', source.format, '-O', 'raw', '-n', '--target-is-zero', source.file, url], ends, options),
  );
  await target.flush();
}

/** Serves a device on a private socket while `act` runs. */
async function overNbd(device: BlockDevice, act: (url: string) => Promise<void>): Promise<void> {
  const folder = makeSocketFolder();
  try {
    const socketPath = join(folder, 's');
    const server = await startNbdServer({ socketPath, exports: new Map([['', device]]) });
    try {
      await act(`nbd+unix:///?socket=${encodeURIComponent(socketPath)}`);
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeSocketFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'redoubt-nbd-'));
  } catch (error) {
    throw asFileError(error, tmpdir(), 'write');
  }
}

/** Neither the file nor anything that would speak of it may be there. */
function refuseToOverwrite(file: string): void {
  const taken = [file, `${file}.commit`, `${file}.redoubt`].find((path) => isTaken(path, path === file));
  if (taken !== undefined) throw new RedoubtError('disk.exists', `${taken} exists already.`, { file: taken });
}

/** Links are not followed. What can't be looked at may be there, so whoever asks is told. */
function isTaken(path: string, isItself: boolean): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A name that is too long is nobody's; the disk's own has to be one.
    if (!isItself && errnoOf(error) === 'ENAMETOOLONG') return false;
    throw asFileError(error, path, 'create');
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw asFileError(error, folder, 'open');
  }
}

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asFileError } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { GIB, isPowerOfTwo, SECTOR_BYTES } from '../../base/units.ts';
import { allocateAll } from './allocate-all.ts';
import { journalFile } from '../commit-journal.ts';
import { createVmdkFiles, planVmdkFiles } from './create-vmdk.ts';
import { createDescribed, planDescribed } from './described-disk.ts';
import { hostFiles } from '../files/disk-file.ts';
import { createExtent, type NewExtent } from '../formats/cowd/create-extent.ts';
import { dialects, FORMAT_LIMIT_SECTORS, type Dialect, type DialectName } from '../formats/cowd/dialect.ts';
import { sidecarFile } from '../formats/sidecar.ts';
import { fileGeometry, diskGeometry } from './geometry.ts';
import { segmentPath } from '../segment-paths.ts';
import { fitsFileSystem, parseDiskName } from '../names.ts';
import { nextGeneration } from '../generation.ts';
import { baseSpans, type DiskBus, type GrainShape } from './segmentation.ts';
import { createLinkFiles, removeNewFiles } from '../files/new-files.ts';
import { clearAbandoned, openStagingFolder } from '../files/staging-folder.ts';
import { sweepUnfinished } from '../files/unfinished-files.ts';

export type { DialectName } from '../formats/cowd/dialect.ts';
export type { DiskBus } from './segmentation.ts';

export interface BaseRequest {
  /** First file; ends in .vmdk or .dsk. */
  readonly file: string;
  /** A multiple of 512. */
  readonly capacityBytes: number;
  /** Into files below 2 GiB. */
  readonly split: boolean;
  readonly bus: DiskBus;
  /** Default cowd. The rest is about that. */
  readonly format?: 'cowd' | 'vmdk';
  /** Default hybrid. vmware2 knows no split disks; those of esx have a text descriptor. */
  readonly dialect?: DialectName;
  /** Other than the dialect's: sectors, a power of two from 1 to 2048; and 512 or 4096. */
  readonly grainSectors?: number;
  readonly entriesPerTable?: 512 | 4096;
  /** For who wants to know the disk again: 32 lower-case hexadecimal digits. Default random. */
  readonly linkId?: string;
}

export interface BasePlan {
  /** In order; the first is `file` itself. */
  readonly files: readonly string[];
  /** Bytes of the disk in each file; where the first one describes the others, in each of those. */
  readonly spansBytes: readonly number[];
}

/** The files that a base would have. Pure. Throws disk.bad-size, disk.bad-name, disk.unsupported, usage.bad-argument. */
export function planBaseFiles(request: BaseRequest): BasePlan {
  const { file, capacityBytes, split, bus } = request;
  const dialect = dialects[request.dialect ?? 'hybrid'];
  checkName(basename(file));
  checkCapacity(capacityBytes, request.format);
  if (request.format === 'vmdk') return planVmdkFiles(file, capacityBytes, split);
  const shape = shapeOf(request);
  const spans = baseSpans(capacityBytes / SECTOR_BYTES, { split, bus, dialect, shape });
  if (spans === undefined) throw badSize(capacityBytes, 'too large for one file; split it or use the format vmdk');
  const spansBytes = spans.map((span) => span * SECTOR_BYTES);
  if (isDescribed(spans, dialect)) return planDescribed(file, spansBytes);
  return { files: spans.map((_, index) => segmentPath(file, index + 1)), spansBytes };
}

/**
 * Makes an empty base, synced; all files or none. `allocateNow` writes every grain, so that space can't run
 * out later. Throws what planBaseFiles throws, and disk.exists, disk.permission, disk.no-space, disk.io.
 */
export async function createBase(
  request: BaseRequest & { readonly allocateNow?: boolean },
): Promise<{ files: string[] }> {
  const file = join(realFolder(request.file), basename(request.file));
  const plan = planBaseFiles({ ...request, file });
  // What is written for minutes is nobody else's meanwhile: under its name somebody would open it.
  if (request.allocateNow === true || !provesItself(plan, request))
    return { files: await createAside({ ...request, file }, plan.files) };
  // Looked at first, so that a refusal touches nothing; creation itself can't overwrite either.
  requireFree(plan.files);
  await createFiles(plan, request);
  return { files: [...plan.files] };
}

/** Whether each file says from its first sector on which disk it belongs to. */
function provesItself({ files, spansBytes }: BasePlan, { format }: BaseRequest): boolean {
  return format !== 'vmdk' && files.length === spansBytes.length;
}

/** Where a killed process leaves nothing that proves to be its own, the files are made in a folder that does. */
async function createAside(
  request: BaseRequest & { readonly allocateNow?: boolean },
  files: readonly string[],
): Promise<string[]> {
  const name = basename(request.file);
  const staging = await openStagingFolder(request.file);
  try {
    requireFree(files);
    await createFiles(planBaseFiles({ ...request, file: join(staging.path, name) }), request);
    staging.publish(name);
    return [...files];
  } catch (error) {
    throw staging.inPlace(error);
  } finally {
    staging.remove();
  }
}

async function createFiles(plan: BasePlan, request: BaseRequest & { readonly allocateNow?: boolean }): Promise<void> {
  if (request.format === 'vmdk') createVmdkFiles(hostFiles, plan, request.bus);
  else createCowdFiles(plan, request);
  if (request.allocateNow !== true) return;
  try {
    await allocateAll(plan.files);
  } catch (error) {
    removeNewFiles(plan.files);
    throw error;
  }
}

/**
 * Throws disk.exists where a file of a new disk would have a name that is taken, the first of `files` being its own; what a
 * killed process has left of one that it was making goes. Throws disk.permission, disk.io.
 */
export function requireFree(files: readonly string[]): void {
  const first = files[0] as string;
  clearAbandoned(dirname(first));
  sweepUnfinished(first);
  // A journal would be taken for one that speaks of the new disk, and a record of another disk for its own.
  const taken = [...files, journalFile(first), sidecarFile(first)].find((path) => isThere(path));
  if (taken !== undefined) throw new RedoubtError('disk.exists', `${taken} exists already.`, { file: taken });
}

function createCowdFiles(plan: BasePlan, request: BaseRequest): void {
  const { files, spansBytes } = plan;
  if (files.length === spansBytes.length) {
    createLinkFiles(baseExtents(plan, request), { isLastingName: true });
    return;
  }
  const kind = { createType: 'vmfsSparse', extentType: 'VMFSSPARSE', bus: request.bus } as const;
  createDescribed(hostFiles, plan, kind, (path, spanSectors) => {
    // Each says nothing of the others; who the disk is, its descriptor and side file say.
    const [extent] = baseExtents({ files: [path], spansBytes: [spanSectors * SECTOR_BYTES] }, request);
    const { record: _, ...unnamed } = extent as NewExtent;
    createExtent(hostFiles, { ...unnamed, isSplit: true });
  });
}

/** Headers of version 1 have no place to say which file of several they are. */
function isDescribed(spans: readonly number[], { version }: Dialect): boolean {
  return spans.length > 1 && version === 1;
}

function baseExtents({ files, spansBytes }: BasePlan, request: BaseRequest): NewExtent[] {
  const { bus, dialect = 'hybrid' } = request;
  const diskSectors = spansBytes.reduce((sum, span) => sum + span, 0) / SECTOR_BYTES;
  const record = {
    contentId: randomBytes(16).toString('hex'),
    linkId: request.linkId ?? randomBytes(16).toString('hex'),
  };
  const generation = nextGeneration();
  return files.map((path, ordinal) => {
    const spanSectors = (spansBytes[ordinal] ?? 0) / SECTOR_BYTES;
    return {
      path,
      dialect: dialects[dialect],
      ...shapeOf(request),
      spanSectors,
      diskSectors,
      ordinal,
      fileCount: files.length,
      record,
      generation,
      controller: bus,
      geometry: {
        file: fileGeometry(bus, spanSectors, diskSectors, dialect),
        disk: diskGeometry(bus, diskSectors, dialect),
      },
      isSplit: files.length > 1,
    };
  });
}

/** Throws usage.bad-argument for a grain that no reader takes. */
function shapeOf(request: BaseRequest): GrainShape {
  const dialect = dialects[request.dialect ?? 'hybrid'];
  const { grainSectors = dialect.baseGrainSectors, entriesPerTable = dialect.entriesPerTable } = request;
  if (!isPowerOfTwo(grainSectors) || grainSectors > 2048) {
    throw new RedoubtError('usage.bad-argument', `A grain can't have ${String(grainSectors)} sectors.`, {
      argument: 'grainSectors',
      reason: 'not a power of two from 1 to 2048',
    });
  }
  return { grainSectors, entriesPerTable };
}

function checkName(name: string): void {
  const bad = (reason: string) =>
    new RedoubtError('disk.bad-name', `${name} can't be a disk's name: ${reason}.`, { value: name, reason });
  const parsed = parseDiskName(name);
  if (parsed === undefined)
    throw bad(/^\.(vmdk|dsk)$/i.test(name) ? 'it is nothing but the ending' : 'it does not end in .vmdk');
  if (parsed.tail !== '') throw bad('it is the name of a redo log');
  // Other programs read these names between quotation marks in descriptors.
  if (/["\p{Cc}]/u.test(name)) throw bad('it has a character that disk descriptors do not allow');
  if (!fitsFileSystem(`${name}.REDO_000000`)) throw bad('it is too long');
}

function checkCapacity(capacityBytes: number, format: BaseRequest['format']): void {
  if (!Number.isSafeInteger(capacityBytes) || capacityBytes <= 0)
    throw badSize(capacityBytes, 'not a positive number of bytes');
  if (capacityBytes % SECTOR_BYTES !== 0) throw badSize(capacityBytes, 'not a multiple of 512 bytes');
  if (format !== 'vmdk' && capacityBytes / SECTOR_BYTES > FORMAT_LIMIT_SECTORS) {
    throw badSize(
      capacityBytes,
      `above the format's limit of ${String(Math.floor((FORMAT_LIMIT_SECTORS * SECTOR_BYTES) / GIB))} GiB; the format vmdk reaches further`,
    );
  }
}

function badSize(capacityBytes: number, reason: string): RedoubtError {
  return new RedoubtError('disk.bad-size', `A disk can't have ${String(capacityBytes)} bytes: ${reason}.`, {
    value: String(capacityBytes),
    reason,
  });
}

function realFolder(file: string): string {
  const folder = dirname(file);
  try {
    return realpathSync(folder);
  } catch (error) {
    throw asFileError(error, folder, 'open');
  }
}

import { randomBytes } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../../base/file-error.ts';
import { isThere } from '../../base/is-there.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../base/units.ts';
import { approveLink } from '../parents/approvals.ts';
import type { Link } from '../chain/link.ts';
import { addChild } from '../parents/children-list.ts';
import { journalFile } from '../commit-journal.ts';
import { dialects, type Dialect, type DialectName } from '../formats/cowd/dialect.ts';
import type { NewExtent } from '../formats/cowd/create-extent.ts';
import { nextGeneration } from '../generation.ts';
import { keepRecord } from './keep-record.ts';
import { readLinkHead, realPath, type LinkHead } from '../link-head.ts';
import { LockSet } from '../locks/lock-set.ts';
import { lockFile } from '../locks/file-lock.ts';
import { redoName, shortRedoName } from '../names.ts';
import { createLinkFiles, removeNewFiles } from '../files/new-files.ts';
import type { OpenContext } from '../open-context.ts';
import { storableNames } from '../parents/parent-check.ts';
import { syncParent } from '../parents/sync-parent.ts';
import { finishRemoval } from '../remove-link.ts';
import { closeLinks, openLinks, resolveChain } from '../parents/resolve-chain.ts';
import { redoShape, redoSpans } from './segmentation.ts';
import { segmentPath } from '../segment-paths.ts';
import { settleChain } from '../commit/settle.ts';
import { isInside, requireTrustedLeaf } from '../parents/trust.ts';

export interface RedoLogRequest {
  readonly parent: string;
  /** Absent: beside the parent. */
  readonly directory?: string;
  /** The name ends in six random hexadecimal characters. */
  readonly randomSuffix: boolean;
  /** UUID of the machine, 32 lower-case hexadecimal digits. */
  readonly owner?: string;
  /** Default hybrid, over parents of every format. Those of version 1 (esx, vmware2) are one file. */
  readonly dialect?: DialectName;
  /** Other than the dialect's: a power of two from 1 to 2048. */
  readonly grainSectors?: number;
  readonly context?: OpenContext;
}

type NewLog = Omit<RedoLogRequest, 'parent'>;

/** How often a random name in use is drawn again: 2^24 names, so that even the second draw is rare. */
const draws = 100;

/**
 * Makes an empty redo log over a disk, synced with its folder: all segments or none. `file` is the first.
 * The parent is locked for reading meanwhile, because a state that is being changed can't be built upon.
 * Throws disk.redo-taken (no suffix and the name exists), disk.journal-left (no suffix, and the journal of a commit
 * into a lost log of the name exists), disk.redo-directory, disk.locked, and what opening the parent throws.
 */
export async function createRedoLog(request: RedoLogRequest): Promise<{ file: string; files: string[] }> {
  const context = request.context ?? {};
  requireTrustedLeaf(readLinkHead(request.parent), context);
  await settleChain(request.parent, context);
  const locks = new LockSet();
  try {
    const heads = await resolveChain(request.parent, context, async (head, position) => {
      if (position !== 'leaf') return;
      locks.add(await lockFile(head.path, 'reader', { purpose: 'making a redo log' }));
      await keepRecord(head);
    });
    return await createRedoLogOver(heads, request);
  } finally {
    await locks.release();
  }
}

/** The same over a chain that was resolved already, and whose first link is locked. */
export async function createRedoLogOver(
  heads: readonly LinkHead[],
  request: NewLog,
): Promise<{ file: string; files: string[] }> {
  const { context = {} } = request;
  const parent = heads[0] as LinkHead;
  if (parent.state.record?.isMixed === true) throw mixedError(parent);
  const folder = redoFolder(request.directory, parent.path);
  const links = openLinks(heads, { context });
  try {
    approveParent(parent, folder, context);
    syncParent(parent);
    const files = await createFiles(request, parent, links[0] as Link, folder);
    const file = files[0] as string;
    try {
      const head = readLinkHead(file);
      // A configuration that lies elsewhere will name it.
      if (!isInside(namingFolder(parent, context), file)) approveLink(head, context);
      await addChild(parent.path, { path: file, linkId: head.state.record?.linkId, owner: request.owner });
    } catch (error) {
      removeNewFiles(files);
      throw error;
    }
    return { file, files };
  } finally {
    closeLinks(links);
  }
}

/** Where the file is that will name a log: the machine's configuration, or without one the folder of its disk. */
function namingFolder(parent: LinkHead, { configDirectory }: OpenContext): string {
  return configDirectory === undefined ? dirname(parent.path) : realPath(configDirectory);
}

/** A log over it could never be opened. */
function mixedError({ path }: LinkHead): RedoubtError {
  const reason = 'a commit into it was abandoned half-way, and nothing has been written to it since';
  return new RedoubtError('disk.parent-changed', `No redo log can be made over ${path}: ${reason}.`, {
    file: path,
    parent: path,
    reason,
  });
}

/** Before the log exists, so that it never has to ask. Beside its parent it needs no approval, only if it is moved. */
function approveParent(parent: LinkHead, folder: string, context: OpenContext): void {
  try {
    approveLink(parent, context);
  } catch (error) {
    if (folder !== dirname(parent.path)) throw error;
  }
}

async function createFiles(request: NewLog, parent: LinkHead, link: Link, folder: string): Promise<string[]> {
  const parentSpans = link.spansBytes.map((span) => span / SECTOR_BYTES);
  const spans = spansOf(request, parentSpans);
  const dialect = dialectOver(parentSpans, spans, request);
  const plain = request.randomSuffix ? undefined : redoName(basename(parent.path));
  for (let draw = 0; draw < draws; draw++) {
    const name = plain ?? randomName(parent.path);
    const first = join(folder, name);
    await finishRemoval(first);
    // Beside a log that somebody removed: it would be taken for one that speaks of the new log.
    if (isThere(journalFile(first))) {
      if (plain !== undefined) throw isThere(first) ? takenError(first) : leftError(first);
      continue;
    }
    const extents = redoExtents({ ...request, dialect }, parent, first, spans);
    try {
      createLinkFiles(extents, { isLastingName: plain !== undefined });
      return extents.map((extent) => extent.path);
    } catch (error) {
      if (!(error instanceof RedoubtError) || !error.is('disk.exists')) throw error;
      if (plain !== undefined) throw takenError(error.details.file);
    }
  }
  throw takenError(join(folder, randomName(parent.path)));
}

/** Throws disk.bad-size for a disk that no log of the dialect can cover. */
function spansOf({ dialect: name = 'hybrid', grainSectors }: NewLog, parentSpans: readonly number[]): number[] {
  const shape = redoShape(dialects[name]);
  const spans = redoSpans(parentSpans, dialects[name], { ...shape, grainSectors: grainSectors ?? shape.grainSectors });
  if (spans !== undefined) return spans;
  const value = String(parentSpans.reduce((sum, span) => sum + span, 0) * SECTOR_BYTES);
  const reason = `too large for a redo log of dialect ${name}`;
  throw new RedoubtError('disk.bad-size', `A disk of ${value} bytes is ${reason}.`, { value, reason });
}

/** Segments state the whole disk's size, where the dialect wants it, only over the same segments: readers take their spans from the parent. */
function dialectOver(
  parentSpans: readonly number[],
  spans: readonly number[],
  { dialect: name = 'hybrid' }: NewLog,
): Dialect {
  const isAlike = spans.length === parentSpans.length && spans.every((span, index) => span === parentSpans[index]);
  return isAlike ? dialects[name] : { ...dialects[name], redoCapacity: 'span' };
}

function redoExtents(
  request: Omit<NewLog, 'dialect'> & { readonly dialect: Dialect },
  parent: LinkHead,
  first: string,
  spans: readonly number[],
): NewExtent[] {
  const { state } = parent;
  const { storedName, relativePath } = storableNames(first, parent.path);
  const parentContentId = state.record?.contentId ?? state.sampledContentId;
  const record = {
    contentId: randomBytes(16).toString('hex'),
    linkId: randomBytes(16).toString('hex'),
    ...(parentContentId === undefined ? {} : { parentContentId }),
    ...(request.owner === undefined ? {} : { owner: request.owner }),
    ...(relativePath === '' ? {} : { relativePath }),
  };
  const generation = nextGeneration();
  const diskSectors = spans.reduce((sum, span) => sum + span, 0);
  return spans.map((spanSectors, ordinal) => ({
    path: segmentPath(first, ordinal + 1),
    dialect: request.dialect,
    ...(request.grainSectors === undefined ? {} : { grainSectors: request.grainSectors }),
    spanSectors,
    diskSectors,
    ordinal,
    fileCount: spans.length,
    record,
    generation,
    controller: state.controller ?? 'ide',
    parent: { storedName, generation: state.generation },
    isSplit: spans.length > 1,
  }));
}

function randomName(parentPath: string): string {
  const suffix = randomBytes(3).toString('hex');
  return redoName(basename(parentPath), suffix) ?? shortRedoName(basename(parentPath), suffix);
}

/** The folder for the log, by its real path. Throws disk.redo-directory. */
function redoFolder(directory: string | undefined, parentPath: string): string {
  const wanted = directory ?? dirname(parentPath);
  const refuse = (reason: 'missing' | 'not-a-directory' | 'not-writable', sentence: string) =>
    new RedoubtError('disk.redo-directory', `${wanted} ${sentence}.`, { directory: wanted, reason });
  try {
    const folder = realpathSync(wanted);
    if (!statSync(folder).isDirectory()) throw refuse('not-a-directory', 'is not a directory');
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    if (error instanceof RedoubtError) throw error;
    if (errnoOf(error) === 'ENOTDIR') throw refuse('not-a-directory', 'is not a directory');
    throw errnoOf(error) === 'ENOENT'
      ? refuse('missing', 'does not exist')
      : refuse('not-writable', 'cannot be written');
  }
}

function leftError(log: string): RedoubtError<'disk.journal-left'> {
  const file = journalFile(log);
  const remedy = `Put ${log} back, or remove the journal`;
  return new RedoubtError('disk.journal-left', `${file} speaks of a commit into ${log}, which is gone. ${remedy}.`, {
    file,
    log,
  });
}

/** Names the machine that has the log, where its header says so. */
function takenError(file: string): RedoubtError<'disk.redo-taken'> {
  let owner: string | undefined;
  try {
    owner = readLinkHead(file).state.record?.owner;
  } catch {
    // Whatever it is, it is in the way.
  }
  return new RedoubtError(
    'disk.redo-taken',
    `${file} exists already and belongs to ${owner === undefined ? 'nobody known' : `machine ${owner}`}.`,
    {
      file,
      ...(owner === undefined ? {} : { owner }),
    },
  );
}

import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { KIB } from '../../base/units.ts';
import type { DiskFile, FileLayer } from '../files/disk-file.ts';

/**
 * `FIRST.redoubt`: who a link is whose own format has no room for it, and which content its children know.
 * It is replaced as a whole, by rename, so a crash leaves the old one or the new one.
 */
export interface Sidecar {
  readonly linkId: string;
  readonly contentId: string;
  readonly generation: number;
  /** The link id of the child that is being committed into this one. */
  readonly committing?: string;
  /** A commit into this link was abandoned. */
  readonly isMixed?: boolean;
  /** Of the disk when the side file was written. */
  readonly sizeBytes: number;
  /** What `sampleContent` gave; absent while the disk is being written, and where a CID tells of changes. */
  readonly samples?: string;
  /**
   * What held before, where the content id becomes valid only with the CID in the descriptor, which is written
   * after this file: until then these do.
   */
  readonly before?: { readonly contentId: string; readonly generation: number };
}

const longestBytes = 64 * KIB;
const idPattern = /^[0-9a-f]{32}$/;

export function sidecarFile(first: string): string {
  return `${first}.redoubt`;
}

/**
 * The side file of a link, by the path of its first file; `undefined` if there is none.
 * Throws disk.corrupt (it is there and says nothing), disk.not-a-disk (no regular file), disk.permission, disk.io.
 */
export function readSidecar(layer: FileLayer, first: string): Sidecar | undefined {
  const path = sidecarFile(first);
  let file: DiskFile;
  try {
    file = layer.open(path, false);
  } catch (error) {
    if (error instanceof RedoubtError && error.is('disk.not-found')) return undefined;
    throw error;
  }
  try {
    const length = file.lengthBytes();
    if (length > longestBytes) throw corrupt(path, 'length', String(length), 'too long');
    const bytes = new Uint8Array(length);
    return decode(path, Buffer.from(bytes.subarray(0, file.read(0, bytes))).toString('utf8'));
  } finally {
    file.close();
  }
}

/** Replaces the side file; it and its folder are synced when this returns. Throws disk.permission, disk.no-space, disk.io. */
export function writeSidecar(layer: FileLayer, first: string, sidecar: Sidecar): void {
  const { linkId, contentId, generation, committing, isMixed, sizeBytes, samples, before } = sidecar;
  const content = {
    redoubt: 1,
    link: linkId,
    content: contentId,
    generation,
    committing: committing ?? null,
    mixed: isMixed === true,
    samples: samples ?? null,
    size: sizeBytes,
    ...(before === undefined ? {} : { before: { content: before.contentId, generation: before.generation } }),
  };
  const folder = dirname(first);
  const temporary = join(folder, `.redoubt-${randomBytes(8).toString('hex')}.new`);
  const file = layer.create(temporary);
  try {
    try {
      file.write(0, [Buffer.from(`${JSON.stringify(content, undefined, 1)}\n`)]);
      file.syncNow();
    } finally {
      file.close();
    }
    layer.rename(temporary, sidecarFile(first));
  } catch (error) {
    layer.remove(temporary);
    throw error;
  }
  layer.syncDirectory(folder);
}

function decode(path: string, text: string): Sidecar {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corrupt(path, 'text', text.slice(0, 40), 'no JSON');
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const judge = <T>(field: string, found: unknown, isRight: (found: unknown) => found is T, reason: string): T => {
    if (isRight(found)) return found;
    throw corrupt(path, field, (JSON.stringify(found) ?? '').slice(0, 80), reason);
  };
  judge('redoubt', fields['redoubt'], (found): found is 1 => found === 1, 'not the version that is known');
  const isAbsent = (found: unknown) => found === undefined || found === null;
  const linkId = judge('link', fields['link'], isId, notId);
  const contentId = judge('content', fields['content'], isId, notId);
  const generation = judge('generation', fields['generation'], isGeneration, notGeneration);
  const sizeBytes = judge('size', fields['size'], isCount, 'not a number of bytes');
  const { committing, mixed, samples, before } = fields;
  const earlier = (isAbsent(before) ? {} : before) as Record<string, unknown>;
  return {
    linkId,
    contentId,
    generation,
    sizeBytes,
    ...(isAbsent(committing) ? {} : { committing: judge('committing', committing, isId, notId) }),
    ...(judge('mixed', mixed ?? false, isBoolean, 'neither true nor false') ? { isMixed: true } : {}),
    ...(isAbsent(samples) ? {} : { samples: judge('samples', samples, isHash, 'not 64 hexadecimal digits') }),
    ...(isAbsent(before)
      ? {}
      : {
          before: {
            contentId: judge('before.content', earlier['content'], isId, notId),
            generation: judge('before.generation', earlier['generation'], isGeneration, notGeneration),
          },
        }),
  };
}

const notId = 'not 32 hexadecimal digits';
const notGeneration = 'not a number of 32 bits';

function isId(found: unknown): found is string {
  return typeof found === 'string' && idPattern.test(found);
}

function isHash(found: unknown): found is string {
  return typeof found === 'string' && /^[0-9a-f]{64}$/.test(found);
}

function isCount(found: unknown): found is number {
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0;
}

function isGeneration(found: unknown): found is number {
  return isCount(found) && found <= 0xffff_ffff;
}

function isBoolean(found: unknown): found is boolean {
  return typeof found === 'boolean';
}

function corrupt(file: string, field: string, value: string, reason: string): RedoubtError {
  return new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${value}, ${reason}.`, {
    file,
    field,
    value,
    reason,
  });
}

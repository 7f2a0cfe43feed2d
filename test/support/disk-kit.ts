import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockDevice } from '../../core/disk/block-device.ts';
import { Chain } from '../../core/disk/chain/chain.ts';
import { createBase } from '../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { openLinks, resolveChain } from '../../core/disk/parents/resolve-chain.ts';
import { openDiskSession, type DiskSession, type SessionRequest } from '../../core/disk/session/session.ts';
import { SessionDevice } from '../../core/disk/session/session-device.ts';

/** Short ways to make disks and look at them. Everything goes through the engine's own calls. */

export const mib = 2 ** 20;

export async function makeBase(
  file: string,
  options: { capacityBytes?: number; split?: boolean } = {},
): Promise<string> {
  const { capacityBytes = 8 * mib, split = true } = options;
  const { files } = await createBase({ file, capacityBytes, split, bus: 'ide' });
  return files[0] as string;
}

export async function makeLog(parent: string, options: { directory?: string; owner?: string } = {}): Promise<string> {
  const { file } = await createRedoLog({ parent, randomSuffix: options.directory !== undefined, ...options });
  return file;
}

/** Opens a session, lets `act` work with it, and closes it. */
export async function inSession<T>(
  request: SessionRequest,
  act: (device: BlockDevice, session: DiskSession) => T | Promise<T>,
): Promise<T> {
  const session = await openDiskSession(request);
  try {
    return await act(session.device, session);
  } finally {
    await session.close();
  }
}

/** Writes `length` bytes of one value. */
export async function write(device: BlockDevice, offsetBytes: number, value: number, length = 5000): Promise<void> {
  await device.write(offsetBytes, [new Uint8Array(length).fill(value)]);
}

export async function read(device: BlockDevice, offsetBytes: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await device.read(offsetBytes, bytes);
  return bytes;
}

/** Writes into a disk and closes it: a persistent session, or an undoable one on `redo`. */
export async function writeDisk(
  file: string,
  redo: string | undefined,
  writes: readonly (readonly [offsetBytes: number, value: number, length?: number])[],
): Promise<void> {
  const request: SessionRequest = redo === undefined ? { file, mode: 'persistent' } : { file, mode: 'undoable', redo };
  await inSession(request, async (device) => {
    for (const [offset, value, length] of writes) await write(device, offset, value, length);
  });
}

/** A hash of all that a guest would read; looks without locking, settling or writing anything. */
export async function contentOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  const device = new SessionDevice(new Chain(openLinks(await resolveChain(file, {}))));
  try {
    for (let offset = 0; offset < device.sizeBytes; offset += mib)
      hash.update(await read(device, offset, Math.min(mib, device.sizeBytes - offset)));
  } finally {
    await device.close();
  }
  return hash.digest('hex');
}

/** Everything about files that must not change: bytes, size, mode, mtime and ctime to the nanosecond. */
export function fingerprint(files: readonly string[]): string[] {
  return files.map((file) => {
    const { size, mode, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    return `${file} ${String(size)} ${String(mode)} ${String(mtimeNs)} ${String(ctimeNs)} ${hash}`;
  });
}

/** The same of everything in a folder, folders below it included. */
export function fingerprintFolder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return fingerprint(names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))).sort();
}

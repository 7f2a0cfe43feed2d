import type { ChainReport } from '../api/disks.ts';
import type { OpenContext } from './open-context.ts';

/**
 * Describes a disk's whole chain from its headers; writes nothing, takes no lock.
 * Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.segment-picked, disk.segment-missing,
 * disk.parent-missing, disk.parent-changed, disk.capacity-mismatch, disk.loop, disk.untrusted.
 */
export async function inspectChain(file: string, context: OpenContext = {}): Promise<ChainReport> {
  await Promise.resolve();
  throw new Error(`not written yet: ${file} ${String(context.purpose)}`);
}

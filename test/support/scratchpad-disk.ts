import { Chain } from '../../core/disk/chain/chain.ts';
import { createBase } from '../../core/disk/create/create-base.ts';
import { closeLinks, openLinks, resolveChain } from '../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../core/disk/session/session-device.ts';
import { openDiskSession } from '../../core/disk/session/session.ts';
import { notesOn, readScratchpadImage, scratchpad } from './scratchpad.ts';

/** A base disk that boots Scratchpad; split into segments where it is large. */
export async function createScratchpadBase(file: string, capacityBytes: number): Promise<string[]> {
  const { files } = await createBase({ file, capacityBytes, split: true, bus: 'ide' });
  const session = await openDiskSession({ file, mode: 'persistent' });
  try {
    await session.device.write(0, [readScratchpadImage()]);
    await session.device.flush();
  } finally {
    await session.close();
  }
  return files;
}

/** The first bytes that a machine on this disk or redo log would read; opens read-only, without locks. */
export async function readDiskStart(
  file: string,
  lengthBytes: number,
  trustedPaths: string[] = [],
): Promise<Uint8Array> {
  const links = openLinks(await resolveChain(file, { trustedPaths }));
  try {
    const start = new Uint8Array(lengthBytes);
    await new SessionDevice(new Chain(links)).read(0, start);
    return start;
  } finally {
    closeLinks(links);
  }
}

/** The notes that Scratchpad would list on this disk or redo log. */
export async function notesInDisk(file: string, trustedPaths: string[] = []): Promise<string[]> {
  return notesOn(await readDiskStart(file, scratchpad.imageBytes, trustedPaths)).map(({ text }) => text);
}

import { closeSync, openSync, readSync } from 'node:fs';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';

const chunkBytes = 1024 * 1024;

/** Makes a base disk at `file` with the content of the raw image `image`; what is zero there is left unallocated. */
export async function createBaseFromImage(file: string, image: string, sizeBytes: number): Promise<void> {
  await createBase({ file, capacityBytes: sizeBytes, split: false, bus: 'ide' });
  const session = await openDiskSession({ file, mode: 'persistent' });
  const fd = openSync(image, 'r');
  try {
    for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += chunkBytes) {
      const chunk = new Uint8Array(Math.min(chunkBytes, sizeBytes - offsetBytes));
      readSync(fd, chunk, 0, chunk.length, offsetBytes);
      if (chunk.some((byte) => byte !== 0)) await session.device.write(offsetBytes, [chunk]);
    }
    await session.device.flush();
  } finally {
    closeSync(fd);
    await session.close();
  }
}

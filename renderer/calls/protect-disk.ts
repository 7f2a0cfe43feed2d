import { client } from '../transport/client.ts';

/** Takes the write permission from every file of a disk. */
export async function protectDisk(path: string): Promise<void> {
  await client().disks.protect({ path });
}

/** Gives it back. */
export async function unprotectDisk(path: string): Promise<void> {
  await client().disks.unprotect({ path });
}

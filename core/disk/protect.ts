/** Takes every write bit from all segments of a disk. Returns the files. Throws disk.permission, disk.locked and what reading a link throws. */
export async function protectDisk(file: string): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`not written yet: ${file}`);
}

/** Gives the owner's write bit back to all segments of a disk. Returns the files. Throws as protectDisk. */
export async function unprotectDisk(file: string): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`not written yet: ${file}`);
}

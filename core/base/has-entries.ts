import { readdirSync } from 'node:fs';

/**
 * Whether something can be seen in a folder. One that shows nothing proves nothing of what should be in it: where a
 * drive is mounted it is empty while the drive is away.
 */
export function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

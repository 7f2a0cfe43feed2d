import { statSync } from 'node:fs';

/** Whether there is something at a path, links followed. What can't be looked at is not there. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

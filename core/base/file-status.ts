import { statSync, type Stats } from 'node:fs';

/** What a path leads to, links followed, or `undefined` where nothing can be seen: not there, or no permission to look. */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

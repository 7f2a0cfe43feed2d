import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether all of these programs are on the path. A suite that needs them is skipped without, and says
 * here which one is missing.
 */
export function hasTools(...names: string[]): boolean {
  const missing = names.filter((name) => !isOnPath(name));
  if (missing.length > 0) console.warn(`skipped: ${missing.join(', ')} not installed`);
  return missing.length === 0;
}

function isOnPath(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export const top = join(import.meta.dirname, '../..');

/** TypeScript sources below a folder, as paths from the top with `/`. */
export function sourcesBelow(folder: string): string[] {
  return readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(top, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export function readSource(path: string): string {
  return readFileSync(join(top, path), 'utf8');
}

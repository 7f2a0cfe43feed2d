import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { WireError } from '../../core/api/errors.ts';
import type { EngineCall } from './engine-child.ts';

/** The user without privileges. */
const nobody = { uid: 65_534, gid: 65_534 } as const;

const top = resolve(import.meta.dirname, '../..');

/** What makes a child a process of somebody without privileges: nothing, where we are that already. */
export const asNobodyOptions: { readonly uid?: number; readonly gid?: number } = process.getuid?.() === 0 ? nobody : {};

/**
 * Whether a child can run as that user at all: not where the project or Node lies in a folder that is closed to
 * others, such as the superuser's home. Says so then, for the tests that are skipped.
 */
export function canRunAsNobody(): boolean {
  const closed =
    asNobodyOptions.uid === undefined ? undefined : [top, process.execPath].flatMap(upwards).find(isClosed);
  if (closed !== undefined) console.warn(`skipped: ${closed} is closed to users without privileges`);
  return closed === undefined;
}

function upwards(path: string): string[] {
  return path === dirname(path) ? [path] : [path, ...upwards(dirname(path))];
}

function isClosed(path: string): boolean {
  return (statSync(path).mode & 0o005) !== 0o005;
}

/**
 * Makes calls of the engine as a user without privileges: nobody, if the tests run as the superuser, to
 * whom permissions mean nothing; else as ourselves. `folder` must be the user's to look into.
 */
export async function asNobody(
  folder: string,
  ...commands: EngineCall[]
): Promise<{ ok?: unknown; error?: WireError }[]> {
  const home = join(folder, 'home-of-nobody');
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o777);
  const script = resolve(import.meta.dirname, 'engine-child.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), script, JSON.stringify(commands)],
    {
      env: { ...process.env, REDOUBT_HOME: home, HOME: home },
      ...asNobodyOptions,
    },
  );
  return JSON.parse(stdout) as { ok?: unknown; error?: WireError }[];
}

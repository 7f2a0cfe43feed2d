import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { WireError } from '../../core/api/errors.ts';
import type { EngineCall } from './engine-child.ts';

const nobody = 65534;

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
  const isRoot = process.getuid?.() === 0;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), script, JSON.stringify(commands)],
    {
      env: { ...process.env, REDOUBT_HOME: home, HOME: home },
      ...(isRoot ? { uid: nobody, gid: nobody } : {}),
    },
  );
  return JSON.parse(stdout) as { ok?: unknown; error?: WireError }[];
}

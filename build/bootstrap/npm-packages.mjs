import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

/**
 * Installs the npm packages of the lock file where they are missing or of another lock file.
 * @param {string} top the project's folder
 */
export async function ensureNpmPackages(top) {
  const stamp = join(top, 'node_modules', '.redoubt-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(top, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing npm packages (about a minute, once)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const status = await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: top });
  if (status !== 0) throw new Error(`npm ci ended with status ${String(status)}`);
  writeFileSync(stamp, lock);
}

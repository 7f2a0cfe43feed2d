import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

const sources = ['core', 'electron', 'renderer', 'assets', 'build/electron.vite.config.ts', 'package-lock.json'];

/** The newest change below a path, in milliseconds. @param {string} path @returns {number} */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/**
 * Builds out/ where a source is newer than it.
 * @param {string} top the project's folder
 */
export async function ensureBundle(top) {
  const stamp = join(top, 'out', '.stamp');
  const wanted = String(Math.max(...sources.map((path) => newest(join(top, path)))));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('building (about ten seconds)');
  let output = '';
  const cli = join(top, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const args = [cli, 'build', '--config', join(top, 'build', 'electron.vite.config.ts'), '--logLevel', 'warn'];
  const status = await run(process.execPath, args, { cwd: top, isQuiet: true, onOutput: (text) => (output += text) });
  if (status !== 0) {
    process.stderr.write(output);
    throw new Error(`the build ended with status ${String(status)}`);
  }
  writeFileSync(stamp, wanted);
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

/**
 * The Electron executable, if it lies on this computer. Looks for the file only: loading the npm package
 * outside Electron would start a download.
 * @param {string} top the project's folder
 * @returns {string | undefined}
 */
export function electronBinary(top) {
  const folder = join(top, 'node_modules', 'electron');
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const path = join(override ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : undefined;
}

/**
 * One bounded try to download it.
 * @param {string} top
 * @returns {Promise<string | undefined>}
 */
export async function fetchElectronBinary(top) {
  const present = electronBinary(top);
  if (present !== undefined) return present;
  const installer = join(top, 'node_modules', 'electron', 'install.js');
  if (!existsSync(installer)) return undefined;
  say('downloading Electron (one try, at most two minutes)');
  const timeout = AbortSignal.timeout(120_000);
  const download = run(process.execPath, [installer], { cwd: top, isQuiet: true, signal: timeout });
  await download;
  const found = electronBinary(top);
  if (found === undefined) say('Electron could not be downloaded; using the browser window instead');
  return found;
}

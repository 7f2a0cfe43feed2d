import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** The programs beside the main one: each is a process or a thread of its own. */
const sources = {
  runner: 'core/runner/main.ts',
  'disk-worker': 'core/runner/disk-worker.ts',
  'v86-worker': 'core/backends/v86/worker.ts',
  job: 'core/runner/job-main.ts',
  host: 'core/host/main.ts',
  cli: 'core/cli/main.ts',
} as const;

export type EntryPoint = keyof typeof sources;

/**
 * Where an entry point lies and which Node flags run it as a process: in a bundle it is the file of that
 * name beside this one; in a source tree it is TypeScript, run through tsx.
 */
export function entryPoint(name: EntryPoint): { file: string; execArgv: string[]; isBundled: boolean } {
  const bundled = outsideArchive(join(import.meta.dirname, `${name}.js`));
  if (existsSync(bundled)) return { file: bundled, execArgv: [], isBundled: true };
  const file = join(import.meta.dirname, '../..', sources[name]);
  return { file, execArgv: ['--import', import.meta.resolve('tsx')], isBundled: false };
}

/**
 * In a package the programs lie in Electron's archive and, unpacked, beside it. Only Electron's own main
 * process is sure to read the archive wherever it looks; processes and threads of ours get the plain files.
 */
function outsideArchive(file: string): string {
  const unpacked = file.replace(/([/\\]app\.asar)(?=[/\\])/, '$1.unpacked');
  return unpacked !== file && existsSync(unpacked) ? unpacked : file;
}

/** Starts an entry point as a worker thread. The caller must listen to its `error` event. */
export function startThread(name: EntryPoint, options: WorkerOptions = {}): Worker {
  const { file, isBundled } = entryPoint(name);
  if (isBundled) return new Worker(file, options);
  // A loader given by --import does not reach worker threads, so the thread registers it by itself.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const program = JSON.stringify(pathToFileURL(file).href);
  const code = `import(${loader}).then(({ register }) => { register(); return import(${program}); });`;
  return new Worker(code, { ...options, eval: true });
}

/** The folder of assets (the demo guest): two levels up, from `core/base` as from the bundle's `out/main`. */
export function assetsDirectory(): string {
  return join(import.meta.dirname, '../../assets');
}

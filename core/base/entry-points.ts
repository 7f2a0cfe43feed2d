import { existsSync } from 'node:fs';
import { join } from 'node:path';

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
 * Where an entry point lies and which Node flags run it: in a bundle it is the file of that name beside
 * this one; in a source tree it is TypeScript, run through tsx.
 */
export function entryPoint(name: EntryPoint): { file: string; execArgv: string[] } {
  const here = import.meta.dirname;
  const bundled = join(here, `${name}.js`);
  if (existsSync(bundled)) return { file: bundled, execArgv: [] };
  return { file: join(here, '../..', sources[name]), execArgv: ['--import', import.meta.resolve('tsx')] };
}

/** The folder of assets (the demo guest): two levels up, from `core/base` as from the bundle's `out/main`. */
export function assetsDirectory(): string {
  return join(import.meta.dirname, '../../assets');
}

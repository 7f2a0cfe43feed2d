#!/usr/bin/env node
/**
 * `npm run bench`: installs and builds what is missing, then measures the disk engine against qemu-nbd on qcow2.
 * Options are those of test/bench/main.ts; `-- --quick` is a first impression.
 */
import { join } from 'node:path';
import { ensureBundle } from './bootstrap/bundle.mjs';
import { ensureDebianPackages } from './bootstrap/debian-packages.mjs';
import { ensureNpmPackages } from './bootstrap/npm-packages.mjs';
import { run } from './bootstrap/run.mjs';

const top = join(import.meta.dirname, '..');
await ensureNpmPackages(top);
await ensureDebianPackages('test');
await ensureBundle(top);
const program = join(top, 'test', 'bench', 'main.ts');
process.exitCode = await run(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], { cwd: top });

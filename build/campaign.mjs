#!/usr/bin/env node
/**
 * `npm run campaign`: installs and bundles what is missing, then runs the long proofs of the disk engine. Options
 * are those of test/campaign/main.ts.
 */
import { join } from 'node:path';
import { ensureBundle } from './bootstrap/bundle.mjs';
import { ensureNpmPackages } from './bootstrap/npm-packages.mjs';
import { run } from './bootstrap/run.mjs';

const top = join(import.meta.dirname, '..');
await ensureNpmPackages(top);
await ensureBundle(top);
const program = join(top, 'test', 'campaign', 'main.ts');
process.exitCode = await run(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], { cwd: top });

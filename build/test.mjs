#!/usr/bin/env node
/**
 * `npm test`: installs what is missing, then runs every check, whatever the one before it said, and ends
 * with one line: `N passed, N failed`. Options: names of steps to run only those (types lint format unit e2e).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBundle } from './bootstrap/bundle.mjs';
import { ensureDebianPackages } from './bootstrap/debian-packages.mjs';
import { ensureNpmPackages } from './bootstrap/npm-packages.mjs';
import { run } from './bootstrap/run.mjs';
import { say } from './bootstrap/say.mjs';

const top = join(import.meta.dirname, '..');
const results = join(top, 'test-results');
const only = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

await ensureNpmPackages(top);
await ensureDebianPackages('test');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/** @param {string} path of a program inside node_modules @param {string[]} args */
const node = (path, args) => run(process.execPath, [join(top, 'node_modules', path), ...args], { cwd: top });

await single('types', () => node('typescript/bin/tsc', ['-p', '.']));
await single('lint', () =>
  node('eslint/bin/eslint.js', ['--config', 'build/eslint.config.js', '--max-warnings', '0', '.']),
);
await single('format', () =>
  node('prettier/bin/prettier.cjs', [
    '--config',
    'build/prettier.json',
    '--ignore-path',
    'build/prettier-ignore',
    '--check',
    '--log-level',
    'warn',
    '.',
  ]),
);
await single('bundle', () => ensureBundle(top).then(() => 0));
await suite('unit', readVitest, (report) =>
  node('vitest/vitest.mjs', [
    'run',
    '--config',
    'build/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]),
);
await suite('e2e', readPlaywright, () =>
  node('@playwright/test/cli.js', ['test', '--config', 'build/playwright.config.ts']),
);

process.stdout.write(
  `\n${String(total.passed)} passed, ${String(total.failed)} failed${total.skipped > 0 ? `, ${String(total.skipped)} skipped` : ''}\n`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** A check that counts as one. @param {string} name @param {() => Promise<number>} check */
async function single(name, check) {
  if (only.length > 0 && !only.includes(name) && name !== 'bundle') return;
  say(`${name} …`);
  const status = await check().catch((/** @type {unknown} */ error) => {
    process.stderr.write(`${String(error)}\n`);
    return 1;
  });
  if (status === 0) total.passed += 1;
  else {
    total.failed += 1;
    say(`${name} failed`);
  }
}

/**
 * A runner that counts by itself and leaves a report. One that dies without a report is one failure.
 * @param {'unit' | 'e2e'} name
 * @param {(report: any) => { passed: number, failed: number, skipped: number }} read
 * @param {(reportPath: string) => Promise<number>} start
 */
async function suite(name, read, start) {
  if (only.length > 0 && !only.includes(name)) return;
  say(`${name} …`);
  const path = join(results, name === 'unit' ? 'vitest.json' : 'playwright.json');
  const status = await start(path);
  const counts = existsSync(path) ? read(JSON.parse(readFileSync(path, 'utf8'))) : { passed: 0, failed: 0, skipped: 0 };
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

/** @param {any} report */
function readVitest(report) {
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
}

/** @param {any} report */
function readPlaywright({ stats }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

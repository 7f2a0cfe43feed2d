import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    include: ['test/{architecture,core,renderer,contract,interop}/**/*.test.{ts,tsx}'],
    // Whatever a test leaves to the defaults stays out of the home directory.
    env: { REDOUBT_HOME: process.env['REDOUBT_HOME'] ?? join(tmpdir(), `redoubt-vitest-${String(process.pid)}`) },
    globalSetup: ['test/support/remove-test-home.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two at a time: several suites boot machines, and a starved guest looks like a broken one.
    maxWorkers: 2,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default'],
  },
});

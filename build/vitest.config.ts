import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    include: ['test/{architecture,campaign,core,renderer,contract,interop}/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/own-home.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two at a time: several suites boot machines, and a starved guest looks like a broken one.
    maxWorkers: 2,
  },
});

import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { chromiumPath } from './bootstrap/chromium-path.mjs';

const top = resolve(import.meta.dirname, '..');

export default defineConfig({
  testDir: resolve(top, 'test/e2e/specs'),
  outputDir: resolve(top, 'test-results/e2e'),
  globalSetup: resolve(top, 'test/support/own-home.ts'),
  // Guests and a browser share two cores: one spec at a time keeps the clock honest.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // Where nobody watches, a guest that was starved for a moment gets one more try, and is reported as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  reporter: [['list'], ['json', { outputFile: resolve(top, 'test-results/playwright.json') }]],
  use: {
    launchOptions: {
      executablePath: chromiumPath() ?? '/usr/bin/chromium',
      // The sandbox of the browser can't be set up by root; nothing but our own pages is loaded.
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
});

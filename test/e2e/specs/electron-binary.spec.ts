import { join } from 'node:path';
import { _electron, expect, test } from '@playwright/test';
import { electronBinary } from '../../../build/bootstrap/electron-binary.mjs';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { endRunners } from '../fixtures/end-runners.ts';
import { prepareBase } from '../walks/prepare-base.ts';
import { Product } from '../walks/product.ts';

const top = join(import.meta.dirname, '../../..');
const binary = electronBinary(top);
const hasDisplay =
  process.platform !== 'linux' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
const obstacle =
  binary === undefined
    ? 'Electron’s binary is not on this computer; the shell runs on a double instead'
    : hasDisplay
      ? undefined
      : 'there is no display for Electron';
if (obstacle !== undefined) console.log(`skipped: the Electron shell on its binary: ${obstacle}`);

test('the Electron shell on its own binary: the library, the page’s isolation, W1', async () => {
  test.skip(obstacle !== undefined, obstacle ?? '');
  using home = makeTempFolder();
  const app = await _electron.launch({
    executablePath: binary ?? '',
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), top],
    env: { ...process.env, REDOUBT_HOME: home.path } as Record<string, string>,
  });
  try {
    const page = await app.firstWindow();
    await expect(page.getByRole('tree', { name: 'Library' })).toBeVisible();
    expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe('undefined');
    await prepareBase(new Product(page), home.path);
  } finally {
    await app.close();
    await endRunners(home.path);
  }
});

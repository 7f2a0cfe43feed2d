import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, expect, test, type Browser } from '@playwright/test';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { ElectronDouble } from '../electron-double/electron-double.ts';

const top = join(import.meta.dirname, '../../..');

test.describe.configure({ mode: 'serial' });

test.describe('the Electron shell on a double of electron', () => {
  let browser: Browser;
  let double: ElectronDouble;
  let home: TempFolder;

  test.beforeAll(async ({}, info) => {
    home = makeTempFolder();
    process.env['REDOUBT_HOME'] = home.path;
    browser = await chromium.launch(info.project.use.launchOptions ?? {});
    double = new ElectronDouble(browser);
    await double.run(join(top, 'out/main/main.js'));
  });

  test.afterAll(async () => {
    await browser.close();
    home.remove();
  });

  test('loads the library under a strict policy, without Electron’s menu', async () => {
    const page = await double.firstPage();
    await expect(page.getByRole('tree', { name: 'Library' })).toBeVisible();
    expect(double.applicationMenu).toBeNull();
    expect(double.windowOptions[0]?.webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false });
    const policy = double.responses.get('/index.html')?.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-eval');
  });

  test('refuses ports from another page', async () => {
    const port = double.sendFrom('https://elsewhere.invalid/', { type: 'redoubt:api' });
    const isClosed = new Promise((resolve) => port.on('close', () => resolve(true)));
    port.close();
    expect(await isClosed).toBe(true);
  });

  test('quits cleanly', async () => {
    double.close();
    await double.quit;
    expect(existsSync(home.path)).toBe(true);
  });
});

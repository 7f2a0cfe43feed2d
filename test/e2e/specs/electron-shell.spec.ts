import { join } from 'node:path';
import { chromium, expect, test, type Browser } from '@playwright/test';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { endRunners } from '../fixtures/end-runners.ts';
import { ElectronDouble } from '../electron-double/electron-double.ts';
import { prepareBase } from '../walks/prepare-base.ts';
import { Product } from '../walks/product.ts';

const top = join(import.meta.dirname, '../../..');

test.describe.configure({ mode: 'serial' });

test.describe('the Electron shell on a double of electron', () => {
  let browser: Browser;
  let double: ElectronDouble;
  let home: TempFolder;
  const homeBefore = process.env['REDOUBT_HOME'];

  test.beforeAll(async ({}, info) => {
    home = makeTempFolder();
    process.env['REDOUBT_HOME'] = home.path;
    browser = await chromium.launch(info.project.use.launchOptions ?? {});
    double = new ElectronDouble(browser);
    await double.run(join(top, 'out/main/main.js'));
  });

  test.afterAll(async () => {
    await browser.close();
    await endRunners(home.path);
    if (homeBefore === undefined) delete process.env['REDOUBT_HOME'];
    else process.env['REDOUBT_HOME'] = homeBefore;
    home.remove();
  });

  test('loads the library under a strict policy, without Electron’s menu', async () => {
    const page = await double.firstPage();
    await expect(page.getByRole('tree', { name: 'Library' })).toBeVisible();
    expect(double.applicationMenu).toBeNull();
    expect(double.windowOptions[0]?.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    });
    const policy = double.responses.get('/index.html')?.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-eval');
  });

  test('W1: a base is prepared, through the bridge', async () => {
    await prepareBase(new Product(await double.firstPage()), home.path);
  });

  test('a typed error crosses the bridge', async () => {
    const page = await double.firstPage();
    const product = new Product(page);
    await product.wizard.open();
    await product.wizard.choose('Custom');
    await product.wizard.next('Select a Guest Operating System');
    await product.wizard.next('Name the Virtual Machine');
    await product.wizard.field('Name').fill('base');
    await expect(product.wizard.dialog).toContainText('A machine named "base" already exists.');
  });

  test('a native dialog crosses the bridge, and what it answers lands in the field', async () => {
    const page = await double.firstPage();
    const product = new Product(page);
    const folder = home.at('elsewhere');
    double.dialogAnswers.push({ canceled: false, filePaths: [folder] });
    await product.wizard.field('Name').fill('other');
    await product.wizard.dialog.getByRole('button', { name: /^Browse/ }).click();
    await expect(product.wizard.field('Location')).toHaveValue(folder);
    expect(double.dialogsShown.at(-1)?.properties).toContain('openDirectory');
    await page.keyboard.press('Escape');
    await expect(product.wizard.dialog).toBeHidden();
  });

  test('shows a running machine’s screen over the bridge', async () => {
    const page = await double.firstPage();
    const product = new Product(page);
    const machine = product.machine('base');
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/SeaBIOS|No bootable device|Booting/i);
    await machine.powerOff();
    await product.powerOff.answer('Discard');
    await machine.expectState(/, powered off/);
  });

  test('refuses ports from another page', async () => {
    let isClosed = false;
    const port = double.sendFrom('https://elsewhere.invalid/', { type: 'redoubt:api' });
    port.on('close', () => (isClosed = true));
    await expect.poll(() => isClosed || port.isClosed).toBe(true);
  });

  test('quits when the last window closes', async () => {
    double.close();
    await double.quit;
  });
});

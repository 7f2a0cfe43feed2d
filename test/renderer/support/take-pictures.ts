import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { servePage } from './fake-page-server.ts';

/**
 * Takes a picture of every screen on the fake core, light, dark and in high contrast, into `out/pictures`, and prints what
 * the page complained about. `npx vite build --config build/renderer-dev.config.ts` first, then
 * `npx tsx test/renderer/support/take-pictures.ts [name…]`.
 */
interface Shot {
  readonly name: string;
  readonly scene: string;
  readonly act?: (page: Page) => Promise<void>;
}

const tree = (page: Page, id: string) => page.getByTestId(`tree.vm.${id}`).click();

const shots: readonly Shot[] = [
  { name: 'welcome', scene: 'empty' },
  { name: 'summary-running', scene: 'office', act: (page) => page.waitForTimeout(1300) },
  { name: 'summary-waiting', scene: 'office', act: (page) => tree(page, 'qa-sp4') },
  {
    name: 'console',
    scene: 'office',
    act: async (page) => {
      await page.getByTestId('tab.console').click();
      await page.locator('[data-testid="console.screen"][data-connected="true"]').click();
      await page.keyboard.type('hello');
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'console-off',
    scene: 'office',
    act: async (page) => {
      await tree(page, 'qa-sp4');
      await page.getByTestId('tab.console').click();
    },
  },
  {
    name: 'console-nonpersistent',
    scene: 'office',
    act: async (page) => {
      await tree(page, 'kiosk');
      await page.getByTestId('toolbar.power-on').click();
      await page.locator('[data-testid="console.screen"][data-connected="true"]').waitFor();
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'disks',
    scene: 'office',
    act: async (page) => {
      await tree(page, 'qa-sp4');
      await page.getByTestId('tab.disks').click();
    },
  },
  {
    name: 'disks-persistent',
    scene: 'office',
    act: async (page) => {
      await tree(page, 'Debian router');
      await page.getByTestId('tab.disks').click();
    },
  },
  { name: 'settings-tab', scene: 'office', act: (page) => page.getByTestId('tab.settings').click() },
  { name: 'base', scene: 'office', act: (page) => page.getByTestId('tree.base.win2k').click() },
  { name: 'trouble', scene: 'trouble' },
  { name: 'trouble-failed', scene: 'trouble', act: (page) => tree(page, 'crashed') },
  { name: 'trouble-full', scene: 'trouble', act: (page) => tree(page, 'full') },
  { name: 'trouble-commit', scene: 'trouble', act: (page) => tree(page, 'half-committed') },
  { name: 'menu-vm', scene: 'office', act: (page) => page.getByTestId('menu.vm').click() },
  {
    name: 'context-menu',
    scene: 'office',
    act: (page) => page.getByTestId('tree.vm.qa-sp4').click({ button: 'right' }),
  },
  {
    name: 'commit',
    scene: 'office',
    act: (page) =>
      page.evaluate(
        () => void (window as unknown as { fake: { core: { commit(id: string): void } } }).fake.core.commit('qa-sp4'),
      ),
  },
  {
    name: 'confirm-power-off',
    scene: 'office',
    act: (page) => page.getByTestId('toolbar.power-off').click(),
  },
  { name: 'search-none', scene: 'office', act: (page) => page.getByTestId('library.search').fill('xyz') },
  { name: 'about', scene: 'office', act: (page) => openFromMenu(page, 'help', 'about') },
  { name: 'shortcuts', scene: 'office', act: (page) => openFromMenu(page, 'help', 'keyboard-shortcuts') },
  { name: 'preferences', scene: 'office', act: (page) => openFromMenu(page, 'file', 'preferences') },
  {
    name: 'error-dialog',
    scene: 'trouble',
    act: async (page) => {
      await page.evaluate(() => {
        const { fake } = window as unknown as {
          fake: { core: { failures: Map<string, unknown> }; refuse: (code: string, details: object) => unknown };
        };
        fake.core.failures.set(
          'machines.powerOn',
          fake.refuse('disk.locked', {
            file: '/vms/base/win2k.vmdk',
            holder: {
              pid: 4242,
              host: 'lovelace',
              purpose: 'running a machine',
              machineName: 'crashed',
              isStale: false,
            },
          }),
        );
      });
      await page.getByTestId('toolbar.power-on').click();
      await page.getByTestId('error').waitFor();
    },
  },
];

async function openFromMenu(page: Page, menu: string, item: string): Promise<void> {
  await page.getByTestId(`menu.${menu}`).click();
  await page.getByTestId(`menu.${item}`).click();
}

const root = resolve(import.meta.dirname, '../../..');
const target = join(root, 'out/pictures');
const wanted = process.argv.slice(2);
await mkdir(target, { recursive: true });
const server = await servePage(join(root, 'out/renderer-dev'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  for (const scheme of ['light', 'dark', 'contrast'] as const) {
    for (const shot of shots) {
      if (wanted.length > 0 && !wanted.some((name) => shot.name.startsWith(name))) continue;
      const page = await browser.newPage({
        viewport: { width: 1100, height: 700 },
        colorScheme: scheme === 'dark' ? 'dark' : 'light',
        contrast: scheme === 'contrast' ? 'more' : 'no-preference',
      });
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') console.log(`${shot.name}: ${message.text()}`);
      });
      page.on('pageerror', (error) => {
        console.log(`${shot.name}: ${error.message}`);
      });
      await page.goto(`${server.address}?scene=${shot.scene}`);
      await page.getByTestId('status-bar').waitFor();
      await page.waitForTimeout(150);
      try {
        await shot.act?.(page);
        await page.waitForTimeout(250);
      } catch (error) {
        console.log(`${shot.name}: ${String(error)}`);
      }
      await page.screenshot({ path: join(target, `${shot.name}-${scheme}.png`) });
      await page.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}

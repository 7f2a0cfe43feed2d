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
  { name: 'summary-log-away', scene: 'trouble', act: (page) => tree(page, 'away') },
  {
    name: 'disks-log-away',
    scene: 'trouble',
    act: async (page) => {
      await tree(page, 'away');
      await page.getByTestId('tab.disks').click();
    },
  },
  {
    name: 'd3-log-away',
    scene: 'trouble',
    act: async (page) => {
      await tree(page, 'away');
      await page.getByTestId('waiting.discard').click();
    },
  },
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
    act: (page) => refusePowerOn(page, 'disk.locked', locked({ machineName: 'crashed', isStale: false })),
  },
  {
    name: 'error-stale-lock',
    scene: 'trouble',
    act: (page) => refusePowerOn(page, 'disk.locked', locked({ isStale: true, seenAt: Date.UTC(2026, 10, 20, 9, 30) })),
  },
  {
    name: 'error-untrusted',
    scene: 'trouble',
    act: (page) =>
      refusePowerOn(page, 'disk.untrusted', {
        file: '/home/ada/Downloads/kiosk/kiosk.vmx',
        path: '/srv/shared/bases/win2000-professional-sp4.vmdk',
        reason: 'it lies outside the folder of the configuration and was never approved',
      }),
  },
  {
    name: 'error-unreadable-dependent',
    scene: 'trouble',
    act: (page) =>
      refusePowerOn(page, 'disk.io', {
        file: '/media/ada/LABORATORY/qa-sp4/win2000-professional-sp4.vmdk.REDO_3f9c1a',
        operation: 'read',
        errno: 'EIO',
        mayHangFrom: '/srv/shared/bases/win2000-professional-sp4.vmdk',
      }),
  },
  {
    name: 'error-journal-left',
    scene: 'trouble',
    act: (page) =>
      refusePowerOn(page, 'disk.journal-left', {
        file: '/home/ada/Redoubt/crashed/win2k.vmdk.REDO.commit',
        log: '/home/ada/Redoubt/crashed/win2k.vmdk.REDO',
      }),
  },
  { name: 'd4', scene: 'office', act: (page) => askToDelete(page, []) },
  {
    name: 'd4-out-of-reach',
    scene: 'office',
    act: (page) =>
      askToDelete(page, ['/home/ada/Redoubt/old-demo/old-demo.vmx', '/media/ada/LABORATORY/lesson/lesson.vmx']),
  },
  { name: 'd1', scene: 'office', act: (page) => askAboutDependents(page, 'commit-dependents', {}) },
  {
    name: 'd1-running',
    scene: 'office',
    act: (page) => askAboutDependents(page, 'commit-dependents', { running: 'qa-ie6' }),
  },
  {
    name: 'd1-protected',
    scene: 'office',
    act: (page) => askAboutDependents(page, 'commit-dependents', { isProtected: true }),
  },
  { name: 'd1b', scene: 'office', act: (page) => askAboutDependents(page, 'break-dependents', {}) },
  { name: 'copy', scene: 'office', act: (page) => askAboutDependents(page, 'commit-copy', {}) },
  {
    name: 'p1',
    scene: 'office',
    act: async (page) => {
      await page.getByTestId('toolbar.power-off').click();
      await page.getByTestId('confirm.confirm').click();
      await page.getByTestId('p1').waitFor();
    },
  },
  {
    name: 'picker',
    scene: 'office',
    act: async (page) => {
      await openPicker(page);
      await page.getByTestId('picker.row.win2k.vmdk').click();
      await page.getByTestId('picker.chain').waitFor();
    },
  },
  {
    name: 'picker-all',
    scene: 'office',
    act: async (page) => {
      await openPicker(page);
      await page.getByRole('button', { name: "This machine's folder" }).click();
      await page.getByTestId('picker.filter').selectOption('all');
      await page.getByTestId('picker.row.debian-12.qcow2').click();
      await page.getByTestId('picker.problem').waitFor();
    },
  },
];

const locked = (holder: object) => ({
  file: '/vms/base/win2k.vmdk',
  token: '5a1e',
  holder: { pid: 4242, host: 'lovelace', purpose: 'running a machine', ...holder },
});

/** What the page of the fake core offers for this. */
interface Fake {
  readonly openDialog: (dialog: object) => void;
  readonly nothing: () => undefined;
}

/** Lets Power On be refused, and presses it. */
async function refusePowerOn(page: Page, code: string, details: object): Promise<void> {
  await page.evaluate(
    ([code, details]) => {
      const { fake } = window as unknown as {
        fake: { core: { failures: Map<string, unknown> }; refuse: (code: string, details: object) => unknown };
      };
      fake.core.failures.set('machines.powerOn', fake.refuse(code, details));
    },
    [code, details] as const,
  );
  await page.getByTestId('toolbar.power-on').click();
  await page.getByTestId('error').waitFor();
}

/** The question before a machine is deleted, while configurations of the list can't be read. */
async function askToDelete(page: Page, outOfReach: string[]): Promise<void> {
  await page.evaluate((outOfReach) => {
    const { fake } = window as unknown as { fake: Fake & { core: { outOfReach: string[] } } };
    fake.core.outOfReach = outOfReach;
    fake.openDialog({ kind: 'delete-machine', machineId: 'qa-sp4' });
  }, outOfReach);
  await page.getByTestId('d4.stays').waitFor();
}

/** The question before a commit that others stand in the way of. */
async function askAboutDependents(
  page: Page,
  kind: string,
  { running, isProtected = false }: { running?: string; isProtected?: boolean },
): Promise<void> {
  await tree(page, 'qa-sp4');
  await page.evaluate(
    ({ kind, running, isProtected }) => {
      const { fake } = window as unknown as { fake: Fake };
      const proposed = '/home/ada/Redoubt/qa-sp4/win2k-copy.vmdk';
      const copy = { vm: 'qa-sp4', parent: '/vms/base/win2k.vmdk', proposed, perform: fake.nothing };
      const question = {
        parent: '/vms/base/win2k.vmdk',
        dependents: [
          {
            path: '/vms/qa1/win2k.vmdk.REDO_a01000',
            machineName: running ?? 'kiosk',
            isRunning: running !== undefined,
          },
          { path: '/vms/router/win2k.vmdk.REDO_19ce02', machineName: 'Debian router' },
          { path: '/old/demo/win2k.vmdk.REDO_7f00aa' },
        ],
        sizeBytes: 12 * 1024 * 1024,
        isProtected,
        commit: fake.nothing,
        copy,
      };
      fake.openDialog({ kind, machineId: 'qa-sp4', question, copy });
    },
    { kind, running, isProtected },
  );
}

async function openPicker(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: Fake };
    const request = { what: 'disk', machineDirectory: '/vms/base', machineName: 'qa-sp4', onPick: fake.nothing };
    fake.openDialog({ kind: 'pick-file', request });
  });
  await page.getByTestId('picker').waitFor();
}

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

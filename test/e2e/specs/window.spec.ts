import { renameSync } from 'node:fs';
import { expect, test } from '../fixtures/redoubt.ts';
import { Product } from '../walks/product.ts';

test.describe('the window', () => {
  test('an empty library offers three ways, and the demo runs within ten seconds', async ({ app }) => {
    const product = new Product(app);
    await expect(app.getByRole('heading', { name: 'No machines yet' })).toBeVisible();
    for (const name of ['New Virtual Machine', 'Open…', 'Try the demo']) {
      await expect(app.getByRole('main').getByRole('button', { name, exact: true })).toBeVisible();
    }
    const pressedAt = Date.now();
    await app.getByRole('button', { name: 'Try the demo' }).click();
    const machine = product.machine('Scratchpad');
    await machine.expectScreen(/Boot 1\. Type a note and press Enter\./);
    expect(Date.now() - pressedAt).toBeLessThan(10_000);
    await machine.expectState(/, running, undoable/);

    await app.getByRole('tab', { name: 'Summary' }).click();
    await expect(app.getByTestId('summary.state')).toHaveText(/^Running, 00:00:\d\d$/);
    await expect(app.getByTestId('summary.disk')).toHaveText(/^Undoable · redo log \d/);
    await expect(app.getByRole('img', { name: 'Screen of Scratchpad' })).toBeVisible();
    await expect(app.getByTestId('summary.chain').getByRole('listitem')).toHaveCount(2);
  });

  test('the console takes keyboard and pointer at a click and gives them back at Ctrl+Alt', async ({ app }) => {
    const product = new Product(app);
    await app.getByRole('button', { name: 'Try the demo' }).click();
    const machine = product.machine('Scratchpad');
    await machine.expectScreen(/Boot 1\./);
    const strip = app.getByTestId('console.strip');

    await app.keyboard.type('lost');
    await expect(strip).toHaveText('Click the screen, or press Enter, to use the machine');
    await machine.screen.focus();
    await app.keyboard.press('Enter');
    await expect(strip).toHaveText('Press Ctrl+Alt to release the pointer');
    // A key of the window goes to the guest now.
    await app.keyboard.press('Control+e');
    await app.keyboard.type('heard', { delay: 60 });
    await machine.expectScreen(/> \S?heard/);
    await app.keyboard.press('Control+Alt');
    await expect(strip).toHaveText('Click the screen, or press Enter, to use the machine');

    await app.keyboard.press('Control+e');
    await product.powerOff.expectAsked();
    await app.keyboard.press('Escape');
    await machine.expectState(/, powered off, changes waiting/);
    expect(await app.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
  });

  test('library and menus work from the keyboard', async ({ app }) => {
    const product = new Product(app);
    for (const name of ['alpha', 'beta']) await product.wizard.createCustom({ name, disk: { kind: 'new' } });
    const tree = app.getByRole('tree', { name: 'Library' });
    await product.machine('alpha').row.focus();
    await app.keyboard.press('ArrowDown');
    await app.keyboard.press('Enter');
    await expect(app.getByRole('heading', { name: 'beta', exact: true })).toBeVisible();
    await app.keyboard.press('Home');
    await app.keyboard.type('al');
    await expect(product.machine('alpha').row).toBeFocused();

    await app.keyboard.press('ContextMenu');
    await expect(app.getByRole('menuitem', { name: 'Power On' })).toBeFocused();
    await expect(app.getByRole('menuitem', { name: 'Power Off' })).toHaveAttribute('title', '"alpha" is powered off.');
    await app.keyboard.press('Escape');
    await expect(product.machine('alpha').row).toBeFocused();

    await app.getByRole('menuitem', { name: 'File' }).focus();
    const item = (name: string) => app.getByRole('menuitem', { name, exact: true });
    await app.keyboard.press('ArrowDown');
    await expect(item('New Virtual Machine…')).toBeFocused();
    await app.keyboard.press('ArrowRight');
    await expect(item('Rename…')).toBeFocused();
    await app.keyboard.press('ArrowDown');
    await expect(item('Find')).toBeFocused();
    await app.keyboard.press('Enter');
    await expect(app.getByRole('searchbox', { name: 'Search machines' })).toBeFocused();
    await app.keyboard.type('gamma');
    await expect(app.getByText('No machine matches "gamma"')).toBeVisible();
    await app.keyboard.press('Escape');
    await expect(tree.getByRole('treeitem', { name: /^beta, powered off/ })).toBeVisible();
  });

  test('a disk that is gone is told with its code, and trying again works once it is back', async ({ app, host }) => {
    const product = new Product(app);
    await product.wizard.createCustom({ name: 'lonely', disk: { kind: 'new' } });
    const disk = host.home.at('machines', 'lonely', 'lonely.vmdk');
    renameSync(disk, `${disk}.away`);
    await product.machine('lonely').pressPowerOn();
    const dialog = app.getByRole('alertdialog', { name: 'lonely.vmdk was not found' });
    await expect(dialog.getByTestId('error.code')).toHaveText('disk.not-found');
    renameSync(`${disk}.away`, disk);
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await product.machine('lonely').expectState(/, running/);
  });

  test('a host that is gone is told, and machines go on', async ({ app, host }) => {
    const product = new Product(app);
    await app.getByRole('button', { name: 'Try the demo' }).click();
    await product.machine('Scratchpad').expectState(/, running/);
    await host.kill();
    await expect(app.getByTestId('connection.lost')).toContainText('The connection to Redoubt is lost.');
    await expect(app.getByRole('button', { name: 'Power Off' })).toBeDisabled();
    await host.restart();
    await app.goto(host.url);
    await product.machine('Scratchpad').expectState(/, running/);
  });
});

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/redoubt.ts';
import { Product } from '../walks/product.ts';

/** What has the focus: its role and its name, or `nothing` where it was lost. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return 'nothing';
    return element.getAttribute('data-testid') ?? element.getAttribute('role') ?? element.tagName;
  });
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

test('a machine is made, run, asked about and configured with the keyboard alone', async ({ app }) => {
  const { wizard, powerOff, settings, machine } = withMachine(new Product(app), 'keys');

  await app.getByRole('button', { name: 'New Virtual Machine' }).first().focus();
  await press(app, 'Enter');
  await wizard.expectPanel('Select the Appropriate Configuration');
  await press(app, 'Tab', 'ArrowDown', 'Enter');
  await wizard.expectPanel('Select a Guest Operating System');
  await press(app, 'Enter');
  await wizard.expectPanel('Name the Virtual Machine');
  await press(app, 'Tab');
  await press(app, 'Control+a');
  await app.keyboard.type('keys');
  await press(app, 'Enter');
  for (const panel of ['Memory for the Virtual Machine', 'Network Type', 'Select I/O Adapter Types', 'Select a Disk']) {
    await wizard.expectPanel(panel);
    await press(app, 'Enter');
  }
  await wizard.expectPanel('Specify Disk Capacity');
  await press(app, 'Tab', 'Enter');
  await wizard.expectPanel('Specify Disk File');
  await press(app, 'Tab', 'Enter');
  await wizard.expectPanel('Select a Disk Mode');
  await press(app, 'Tab', 'ArrowDown', 'Enter');
  await wizard.expectPanel('Ready to Create');
  await press(app, 'Tab', 'Enter');
  await expect(wizard.dialog).toBeHidden();
  await machine.expectState(/, powered off.*undoable/);
  expect(await focused(app)).not.toBe('nothing');

  await machine.row.focus();
  await press(app, 'Control+b');
  await machine.expectState(/, running/);
  await machine.powerOff();
  await powerOff.expectAsked();
  await expect(powerOff.dialog.getByRole('button', { name: 'Keep' })).toBeFocused();
  await press(app, 'Escape');
  await expect(powerOff.dialog).toBeHidden();
  await machine.expectState(/, powered off.*changes waiting/);
  await expect.poll(() => focused(app)).not.toBe('nothing');

  await press(app, 'Control+d');
  await expect(settings.dialog.getByRole('tab', { name: 'Hardware' })).toBeFocused();
  await press(app, 'Tab', 'ArrowDown', 'Tab');
  await expect(settings.diskFile).toBeFocused();
  await press(app, 'Tab', 'Enter');
  const picker = app.getByRole('dialog', { name: 'Choose a Disk' });
  await expect(picker.getByRole('textbox', { name: 'File' })).toBeFocused();
  await press(app, 'Escape');
  await expect(picker).toBeHidden();
  await expect(settings.dialog.getByRole('button', { name: 'Browse for a disk' })).toBeFocused();
  await press(app, 'Escape');
  await expect(settings.dialog).toBeHidden();
  expect(await focused(app)).not.toBe('nothing');
});

/** The parts of the window that the walk touches. */
function withMachine(product: Product, name: string) {
  return {
    wizard: product.wizard,
    powerOff: product.powerOff,
    settings: product.settings(name),
    machine: product.machine(name),
  };
}

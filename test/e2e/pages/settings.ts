import { expect, type Locator, type Page } from '@playwright/test';
import { PickerPage } from './picker.ts';

/** The configuration editor of one machine. */
export class SettingsPage {
  readonly dialog: Locator;
  private readonly page: Page;

  constructor(page: Page, machine: string) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: `Settings — ${machine}`, exact: true });
  }

  /** Opens it for the selected machine from the menu bar. */
  async open(): Promise<void> {
    await this.page.getByRole('menuitem', { name: 'VM', exact: true }).click();
    await this.page.getByRole('menuitem', { name: /^Settings/ }).click();
    await expect(this.dialog.getByRole('button', { name: 'OK' })).toBeVisible();
  }

  /** Shows a device by the beginning of its name: `Virtual Disk (IDE 0:0)`. */
  async showDevice(name: string): Promise<void> {
    await this.dialog.getByRole('tab', { name: 'Hardware' }).click();
    await this.dialog.getByRole('option', { name }).click();
  }

  async showDisk(slot = 'IDE 0:0'): Promise<void> {
    await this.showDevice(`Virtual Disk (${slot})`);
    await expect(this.chain).toBeVisible();
  }

  async showOptions(): Promise<void> {
    await this.dialog.getByRole('tab', { name: 'Options' }).click();
  }

  get diskFile(): Locator {
    return this.dialog.getByRole('textbox', { name: 'Disk file' });
  }

  /** The chain as text, base first. */
  get chain(): Locator {
    return this.dialog.getByRole('list', { name: /^Chain/ });
  }

  get redoLogDirectory(): Locator {
    return this.dialog.getByRole('textbox', { name: 'REDO log directory' });
  }

  get protection(): Locator {
    return this.dialog.getByRole('checkbox', { name: /^Base disk/ });
  }

  /** Of the Serial page. */
  get serialFile(): Locator {
    return this.dialog.getByRole('textbox', { name: 'Output file' });
  }

  async chooseMode(mode: 'Persistent' | 'Undoable' | 'Nonpersistent'): Promise<void> {
    await this.dialog.getByRole('radio', { name: mode, exact: true }).check();
  }

  /** Of the Options tab. */
  async chooseBackend(name: 'v86' | 'qemu'): Promise<void> {
    await this.dialog.getByTestId('settings.backend').selectOption(name);
  }

  /** Opens the picker for the disk's file. */
  async browse(): Promise<PickerPage> {
    await this.dialog.getByRole('button', { name: 'Browse for a disk' }).click();
    const picker = new PickerPage(this.page);
    await expect(picker.dialog).toBeVisible();
    return picker;
  }

  async ok(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'OK' }).click();
    await expect(this.dialog).toBeHidden();
  }

  async apply(): Promise<void> {
    const button = this.dialog.getByRole('button', { name: 'Apply' });
    await button.click();
    await expect(button).toBeDisabled();
  }

  async cancel(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(this.dialog).toBeHidden();
  }
}

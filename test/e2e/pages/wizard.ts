import { expect, type Locator, type Page } from '@playwright/test';

/** What a machine is made of in a test. What is not said stays as the wizard proposes it. */
export interface NewMachineWishes {
  readonly name: string;
  readonly guest?: { readonly group: string; readonly version: string };
  readonly iso?: string;
  readonly location?: string;
  readonly memoryMb?: number;
  readonly network?: 'Bridged' | 'NAT' | 'Host-only' | 'None';
  readonly disk:
    | { readonly kind: 'new'; readonly capacityGb?: number; readonly fileName?: string; readonly isSplit?: boolean }
    | { readonly kind: 'existing'; readonly path: string };
  readonly mode?: 'Persistent' | 'Undoable' | 'Nonpersistent';
  readonly redoLogDir?: string;
  readonly isStarted?: boolean;
}

/** The New Virtual Machine wizard. */
export class WizardPage {
  readonly dialog: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: /^New Virtual Machine, step / });
  }

  /** Opens it from the menu bar. */
  async open(): Promise<void> {
    await this.page.getByRole('menuitem', { name: 'File', exact: true }).click();
    await this.page.getByRole('menuitem', { name: /^New Virtual Machine/ }).click();
    await expect(this.dialog).toBeVisible();
  }

  /** Presses Next, and waits until the panel of this title is there. */
  async next(title: string): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Next' }).click();
    await this.expectPanel(title);
  }

  async back(title: string): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Back' }).click();
    await this.expectPanel(title);
  }

  async expectPanel(title: string): Promise<void> {
    await expect(this.dialog.getByRole('heading', { name: title, exact: true })).toBeFocused();
  }

  /** Chooses a card by its title. */
  async choose(title: string): Promise<void> {
    await this.dialog.getByRole('radio', { name: title, exact: true }).check();
  }

  /** A field by its label. */
  field(label: string): Locator {
    return this.dialog.getByRole('textbox', { name: label, exact: true });
  }

  async finish(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Finish' }).click();
    await expect(this.dialog).toBeHidden();
  }

  /** Goes through Custom with the wishes, up to the summary. */
  async fillCustom(wishes: NewMachineWishes): Promise<void> {
    await this.choose('Custom');
    await this.next('Select a Guest Operating System');
    await this.fillGuest(wishes);
    await this.next('Name the Virtual Machine');
    await this.field('Name').fill(wishes.name);
    if (wishes.location !== undefined) await this.field('Location').fill(wishes.location);
    await this.next('Memory for the Virtual Machine');
    if (wishes.memoryMb !== undefined) await this.field('Memory').fill(String(wishes.memoryMb));
    await this.next('Network Type');
    if (wishes.network !== undefined) await this.choose(wishes.network);
    await this.next('Select I/O Adapter Types');
    await this.next('Select a Disk');
    await this.fillDisk(wishes.disk);
    await this.next('Select a Disk Mode');
    if (wishes.mode !== undefined) await this.choose(wishes.mode);
    if (wishes.disk.kind === 'existing' && wishes.mode !== 'Persistent') {
      await this.next('Where to Keep Changes');
      if (wishes.redoLogDir !== undefined) await this.field('REDO log directory').fill(wishes.redoLogDir);
    }
    await this.next('Ready to Create');
    if (wishes.isStarted === true) await this.dialog.getByRole('checkbox', { name: 'Start after creating' }).check();
  }

  /** Makes a machine with the wishes. */
  async createCustom(wishes: NewMachineWishes): Promise<void> {
    await this.open();
    await this.fillCustom(wishes);
    await this.finish();
  }

  private async fillGuest({ guest, iso }: NewMachineWishes): Promise<void> {
    if (guest !== undefined) {
      await this.dialog.getByLabel('System family').selectOption(guest.group);
      await this.dialog.getByLabel('Version').selectOption(guest.version);
    }
    if (iso !== undefined) {
      await this.choose('Install from disc image (ISO)');
      await this.field('Disc image').fill(iso);
    }
  }

  private async fillDisk(disk: NewMachineWishes['disk']): Promise<void> {
    if (disk.kind === 'existing') {
      await this.choose('Use an existing virtual disk');
      await this.next('Choose an Existing Disk');
      await this.field('Disk file').fill(disk.path);
      return;
    }
    await this.choose('Create a new virtual disk');
    await this.next('Specify Disk Capacity');
    if (disk.capacityGb !== undefined) await this.field('Capacity').fill(String(disk.capacityGb));
    if (disk.isSplit !== undefined)
      await this.dialog.getByRole('checkbox', { name: 'Split into 2 GB files' }).setChecked(disk.isSplit);
    await this.next('Specify Disk File');
    if (disk.fileName !== undefined) await this.field('Disk file').fill(disk.fileName);
  }
}

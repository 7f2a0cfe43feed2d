import { expect, type Locator, type Page } from '@playwright/test';

/** What deleting a machine deletes and what stays, before it does. */
export class DeleteMachinePage {
  readonly dialog: Locator;
  private readonly page: Page;

  constructor(page: Page, name: string) {
    this.page = page;
    this.dialog = page.getByRole('alertdialog', { name: `Delete "${name}"?` });
  }

  /** Opens it from the menu bar, for the machine that is selected. */
  async open(): Promise<void> {
    await this.page.getByRole('menuitem', { name: 'VM', exact: true }).click();
    await this.page.getByRole('menuitem', { name: 'Delete…' }).click();
    await expect(this.dialog.getByRole('group', { name: 'Will be deleted' })).toBeVisible();
  }

  /** The files that go, with their ticks. */
  get deletes(): Locator {
    return this.dialog.getByRole('checkbox');
  }

  file(path: string): Locator {
    return this.dialog.getByRole('checkbox', { name: `Delete ${path}`, exact: true });
  }

  /** The files that stay, each with its reason. */
  get stays(): Locator {
    return this.dialog.getByRole('list', { name: 'Stays' }).getByRole('listitem');
  }

  get cancel(): Locator {
    return this.dialog.getByRole('button', { name: 'Cancel', exact: true });
  }

  async confirm(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(this.dialog).toBeHidden();
  }
}

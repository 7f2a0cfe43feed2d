import { expect, type Locator, type Page } from '@playwright/test';

export type PickerFilterName = 'Disks and redo logs' | 'Virtual disks (*.vmdk)' | 'Redo logs (*.REDO*)' | 'All files';

/** The dialog in which a disk is chosen. */
export class PickerPage {
  readonly dialog: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: 'Choose a Disk' });
  }

  async filter(name: PickerFilterName): Promise<void> {
    await this.dialog.getByLabel('Show').selectOption({ label: name });
  }

  /** A file's row, by its whole name. */
  row(name: string): Locator {
    return this.dialog.getByRole('row').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Names of all rows, from top to bottom. */
  async names(): Promise<string[]> {
    return this.dialog.locator('tbody [role=row] bdi').allTextContents();
  }

  async place(name: 'Known disks' | "This machine's folder" | 'Browse files…'): Promise<void> {
    await this.dialog.getByRole('button', { name, exact: true }).click();
  }

  /** Selects a row and chooses it. */
  async choose(name: string): Promise<void> {
    await this.row(name).click();
    await this.dialog.getByRole('button', { name: 'Choose', exact: true }).click();
    await expect(this.dialog).toBeHidden();
  }

  /** Types a path and chooses it; whether that is allowed is the caller's question. */
  async type(path: string): Promise<void> {
    await this.dialog.getByRole('textbox', { name: 'File' }).fill(path);
    await this.dialog.getByRole('button', { name: 'Choose', exact: true }).click();
  }

  /** The way out of a picked segment. */
  useFirst(name: string): Locator {
    return this.dialog.getByRole('button', { name: `Use ${name}`, exact: true });
  }
}

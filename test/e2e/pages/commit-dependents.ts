import { expect, type Locator, type Page } from '@playwright/test';

/** The question before a commit that would break other disks, and the last one before they are broken. */
export class CommitDependentsPage {
  readonly dialog: Locator;
  readonly last: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('alertdialog', { name: /^Committing would break / });
    this.last = page.getByRole('alertdialog', { name: /^Break / });
  }

  /** Who hangs from the base, a line each. */
  get dependents(): Locator {
    return this.dialog.getByRole('list').getByRole('listitem');
  }

  get preserve(): Locator {
    return this.dialog.getByRole('button', { name: 'Commit and keep the others as they are' });
  }

  /** The answer that changes nothing; it has the focus. */
  get keep(): Locator {
    return this.dialog.getByRole('button', { name: 'Keep', exact: true });
  }

  /** Goes on to the question whose answer breaks them. */
  async commitAnyway(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Commit anyway…' }).click();
    await expect(this.last).toBeVisible();
  }

  /** Types the base's name and breaks them. */
  async breakThem(base: string): Promise<void> {
    const button = this.last.getByRole('button', { name: 'Commit and break them' });
    await expect(button).toBeDisabled();
    await this.last.getByRole('textbox', { name: /^Type the name of the base/ }).fill(base);
    await button.click();
    await expect(this.last).toBeHidden();
  }
}

import { expect, type Locator, type Page } from '@playwright/test';

/** The question before a commit that would break other disks, and the last one before they are broken. */
export class CommitDependentsPage {
  readonly dialog: Locator;
  readonly last: Locator;
  /** Where the new copy goes. */
  readonly copy: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('alertdialog', { name: /^Committing would break / });
    this.copy = page.getByRole('alertdialog', { name: /^Commit ".*" to a new copy\?$/ });
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

  /** Goes on to the question where the copy goes, which proposes a file of that name, and names another. */
  async commitToCopy(proposed: string, file: string): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Commit to a new copy…' }).click();
    await expect
      .poll(() => this.copy.getByRole('textbox', { name: 'Disk file' }).inputValue())
      .toContain(`/${proposed}`);
    await this.fillCopy(file);
  }

  async nameCopy(file: string): Promise<void> {
    await this.fillCopy(file);
    await expect(this.copy).toBeHidden();
  }

  private async fillCopy(file: string): Promise<void> {
    await this.copy.getByRole('textbox', { name: 'Disk file' }).fill(file);
    await this.copy.getByRole('button', { name: 'Commit', exact: true }).click();
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

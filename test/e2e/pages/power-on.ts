import { expect, type Locator, type Page } from '@playwright/test';

export type PowerOnAnswer = 'Continue' | 'Commit and start' | 'Discard and start' | 'Cancel';

/** The power-on question, asked when a redo log was kept. */
export class PowerOnPage {
  readonly dialog: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('alertdialog', {
      name: /has changes you have not decided about$|was not shut down properly$/,
    });
  }

  /** `12 MB in disk.vmdk.REDO, last used …`, a line a disk. */
  get fact(): Locator {
    return this.dialog.getByTestId('p2.fact');
  }

  async answer(answer: PowerOnAnswer): Promise<void> {
    await expect(this.dialog).toBeVisible();
    await this.dialog.getByRole('button', { name: answer, exact: true }).click();
    await expect(this.dialog).toBeHidden();
  }
}

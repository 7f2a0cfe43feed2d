import { expect, type Locator, type Page } from '@playwright/test';

export type PowerOffAnswer = 'Keep' | 'Commit' | 'Discard';

/** The power-off question. */
export class PowerOffPage {
  readonly dialog: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole('alertdialog', { name: /^What should happen to the changes in / });
  }

  /** Waits until it is asked. A guest that shuts itself down takes its time. */
  async expectAsked(timeoutMs = 30_000): Promise<void> {
    await expect(this.dialog).toBeVisible({ timeout: timeoutMs });
  }

  /** The sentence with size, disk and date, or the one about an empty log. */
  get fact(): Locator {
    return this.dialog.getByTestId('p1.fact');
  }

  /** Answers it; a Discard that asks for a second press gets it. */
  async answer(answer: PowerOffAnswer): Promise<void> {
    await this.expectAsked();
    await this.dialog.getByRole('button', { name: answer, exact: true }).click();
    if (answer === 'Discard') {
      const again = this.dialog.getByRole('button', { name: /^Discard \d/ });
      const isAskedAgain = await Promise.race([
        again.waitFor().then(() => true),
        this.dialog.waitFor({ state: 'hidden' }).then(() => false),
      ]);
      if (isAskedAgain) await again.click();
    }
    await expect(this.dialog).toBeHidden();
  }
}

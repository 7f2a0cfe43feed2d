import { expect, type Locator, type Page } from '@playwright/test';

/** What a person must find in the dialog of an error. */
export interface ExpectedError {
  readonly title: string | RegExp;
  readonly text: string | RegExp;
  /** In the order of advice; the buttons stand the other way round, with Close first. */
  readonly steps: readonly string[];
}

/** The dialog that says what went wrong and what can be done. */
export class ErrorPage {
  readonly dialog: Locator;
  /** Those of the foot: neither the cross nor what lies in the details. */
  private readonly buttons: Locator;

  constructor(page: Page) {
    this.dialog = page.getByTestId('error');
    this.buttons = this.dialog.locator('button[data-testid^="error."]:not([data-testid="error.copy"])');
  }

  async expectShown({ title, text, steps }: ExpectedError): Promise<void> {
    await expect(this.dialog).toBeVisible({ timeout: 30_000 });
    await expect(this.dialog).toHaveAccessibleName(title);
    await expect(this.dialog).toHaveAccessibleDescription(text);
    await expect(this.buttons).toHaveText(['Close', ...[...steps].reverse()]);
    if (steps[0] !== undefined) await expect(this.button(steps[0])).toBeFocused();
  }

  button(name: string): Locator {
    return this.buttons.and(this.dialog.getByRole('button', { name, exact: true }));
  }

  /** Takes one of the ways out. */
  async press(name: string): Promise<void> {
    await this.button(name).click();
    await expect(this.dialog).toBeHidden();
  }
}

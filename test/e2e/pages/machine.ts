import { expect, type Locator, type Page } from '@playwright/test';
import { readTextScreen } from '../../support/text-screen-reader.ts';

/** One machine in the main window: its row in the library, its toolbar, its console. */
export class MachinePage {
  readonly row: Locator;
  readonly screen: Locator;
  private readonly page: Page;
  private readonly toolbar: Locator;

  constructor(
    page: Page,
    readonly name: string,
  ) {
    this.page = page;
    this.row = page
      .getByRole('tree', { name: 'Library' })
      .getByRole('treeitem', { name: new RegExp(`^${name}, `) })
      .first();
    this.toolbar = page.getByRole('toolbar', { name: 'Machine' });
    this.screen = page.getByRole('application', { name: new RegExp(`^Console of ${name}\\.`) });
  }

  async select(): Promise<void> {
    await this.row.click();
    await expect(this.page.getByRole('heading', { name: this.name, exact: true })).toBeVisible();
  }

  /** Waits until the library says so: `running`, `powered off`. */
  async expectState(state: RegExp, timeoutMs = 30_000): Promise<void> {
    await expect(this.row).toHaveAccessibleName(state, { timeout: timeoutMs });
  }

  /** Presses Power On; whether a question follows is the caller's business. */
  async pressPowerOn(): Promise<void> {
    await this.select();
    await this.toolbar.getByRole('button', { name: 'Power On' }).click();
  }

  async powerOn(): Promise<void> {
    await this.pressPowerOn();
    await this.expectState(/, running/);
  }

  /** Pulls the plug, and says so again where the guest looks alive. */
  async powerOff(): Promise<void> {
    await this.select();
    await this.toolbar.getByRole('button', { name: 'Power Off' }).click();
    await this.confirmPowerOff();
  }

  /** Says again that the plug is to be pulled, if that is asked; resolves when the machine is off. */
  async confirmPowerOff(): Promise<void> {
    const sure = this.page.getByRole('alertdialog', { name: /^Power off ".*" without shutting down\?$/ });
    const question = this.page.getByRole('alertdialog', { name: /^What should happen/ });
    await Promise.race([
      sure.waitFor().then(() => sure.getByRole('button', { name: 'Power Off', exact: true }).click()),
      question.waitFor(),
      this.row.and(this.page.getByRole('treeitem', { name: /, powered off/ })).waitFor(),
    ]);
  }

  async reset(): Promise<void> {
    await this.select();
    await this.toolbar.getByRole('button', { name: 'Reset' }).click();
    const sure = this.page.getByRole('alertdialog', { name: /^Reset ".*" without shutting down\?$/ });
    if (
      await sure.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      )
    ) {
      await sure.getByRole('button', { name: 'Reset', exact: true }).click();
    }
  }

  async showConsole(): Promise<void> {
    await this.select();
    await this.page.getByRole('tab', { name: 'Console' }).click();
    await expect(this.screen).toHaveAttribute('data-connected', 'true');
  }

  /** What the guest's text screen shows, read off the pixels that the user sees. */
  async screenText(): Promise<string> {
    const picture = await this.screen
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const context = canvas.getContext('2d');
        if (context === null || canvas.width === 0) return undefined;
        const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
        let binary = '';
        for (let at = 0; at < data.length; at += 0x8000)
          binary += String.fromCharCode(...data.subarray(at, at + 0x8000));
        return { width, height, base64: btoa(binary) };
      });
    if (picture === undefined) return '';
    // A copy of its own: the reader looks at whole pixels, so the bytes must begin where a pixel may.
    const pixels = new Uint8Array(Buffer.from(picture.base64, 'base64'));
    return readTextScreen({ width: picture.width, height: picture.height, pixels }).join('\n');
  }

  async expectScreen(pattern: RegExp, timeoutMs = 40_000): Promise<void> {
    await expect.poll(() => this.screenText(), { timeout: timeoutMs }).toMatch(pattern);
  }

  /** Types a line into the guest, as a person would: a click, keys, Enter. */
  async typeLine(text: string): Promise<void> {
    await this.screen.locator('canvas').first().click();
    await this.page.keyboard.type(text, { delay: 60 });
    await expect.poll(() => this.screenText(), { timeout: 20_000 }).toContain(`> ${text}`);
    await this.page.keyboard.press('Enter');
    // The grab ends as the strip says.
    await this.page.keyboard.press('Control+Alt');
  }

  /** A note, and that the guest has taken it. */
  async writeNote(text: string): Promise<void> {
    await this.typeLine(text);
    await this.expectScreen(new RegExp(`\\d+\\. +${text}`));
  }
}

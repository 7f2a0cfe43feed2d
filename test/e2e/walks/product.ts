import type { Page } from '@playwright/test';
import { ErrorPage } from '../pages/error.ts';
import { MachinePage } from '../pages/machine.ts';
import { PowerOffPage } from '../pages/power-off.ts';
import { PowerOnPage } from '../pages/power-on.ts';
import { SettingsPage } from '../pages/settings.ts';
import { WizardPage } from '../pages/wizard.ts';

/** The whole window as page objects, so that a walk reads like its script. */
export class Product {
  readonly wizard: WizardPage;
  readonly powerOff: PowerOffPage;
  readonly powerOn: PowerOnPage;
  readonly error: ErrorPage;

  constructor(readonly page: Page) {
    this.wizard = new WizardPage(page);
    this.powerOff = new PowerOffPage(page);
    this.powerOn = new PowerOnPage(page);
    this.error = new ErrorPage(page);
  }

  machine(name: string): MachinePage {
    return new MachinePage(this.page, name);
  }

  settings(name: string): SettingsPage {
    return new SettingsPage(this.page, name);
  }

  /** Says in the machine's options what shall run it. */
  async chooseBackend(name: string, backend: 'v86' | 'qemu'): Promise<void> {
    await this.machine(name).select();
    const settings = this.settings(name);
    await settings.open();
    await settings.showOptions();
    await settings.chooseBackend(backend);
    await settings.ok();
  }
}

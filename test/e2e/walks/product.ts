import type { Page } from '@playwright/test';
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

  constructor(readonly page: Page) {
    this.wizard = new WizardPage(page);
    this.powerOff = new PowerOffPage(page);
    this.powerOn = new PowerOnPage(page);
  }

  machine(name: string): MachinePage {
    return new MachinePage(this.page, name);
  }

  settings(name: string): SettingsPage {
    return new SettingsPage(this.page, name);
  }
}

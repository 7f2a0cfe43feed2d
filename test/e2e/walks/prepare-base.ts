import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { Product } from './product.ts';

/**
 * W1, the first procedure of the tech tip, literally: an undoable machine is powered on and off before its
 * guest starts, its empty log is kept and chosen as its disk, and the base is protected.
 * The disk has 4 GB in three files. Returns the base's files and the log's.
 */
export async function prepareBase(
  product: Product,
  folder: string,
  backend: 'v86' | 'qemu' = 'v86',
  name = 'base',
): Promise<{ base: string[]; log: string[] }> {
  const directory = join(folder, name);
  await product.wizard.createCustom({
    name,
    location: directory,
    disk: { kind: 'new', capacityGb: 4, fileName: 'mydisk.vmdk' },
    mode: 'Persistent',
  });
  const base = ['mydisk.vmdk', 'mydisk-02.vmdk', 'mydisk-03.vmdk'].map((file) => join(directory, file));
  const log = base.map((file) => `${file}.REDO`);
  expect(base.filter((file) => !existsSync(file))).toEqual([]);

  await product.chooseBackend(name, backend);
  const machine = product.machine(name);
  const settings = product.settings(name);
  await settings.open();
  await settings.showDisk();
  await settings.chooseMode('Undoable');
  await settings.ok();

  await machine.powerOn();
  await machine.powerOff();
  await product.powerOff.expectAsked();
  await expect(product.powerOff.fact).toContainText('Nothing was written in this session');
  await product.powerOff.answer('Keep');
  await machine.expectState(/, powered off.*changes waiting/);
  expect(log.filter((file) => !existsSync(file))).toEqual([]);

  await settings.open();
  await settings.showDisk();
  const picker = await settings.browse();
  await picker.filter('Virtual disks (*.vmdk)');
  await expect(picker.row('mydisk.vmdk')).toBeVisible();
  await expect(picker.row('mydisk.vmdk.REDO')).toBeHidden();
  await picker.filter('Disks and redo logs');
  await expect(picker.row('mydisk.vmdk.REDO')).toBeVisible();
  await picker.filter('All files');
  await expect(picker.row('mydisk.vmdk.REDO')).toBeVisible();
  await picker.choose('mydisk.vmdk.REDO');
  await settings.ok();
  await expect(machine.row).not.toHaveAccessibleName(/changes waiting/);

  await protectBase(product, name);
  expect(base.map((file) => statSync(file).mode & 0o222)).toEqual([0, 0, 0]);
  expect(log.every((file) => (statSync(file).mode & 0o222) !== 0)).toBe(true);
  return { base, log };
}

/** Ticks Protection, which speaks of the chain's base. */
async function protectBase(product: Product, name: string): Promise<void> {
  const settings = product.settings(name);
  await settings.open();
  await settings.showDisk();
  await settings.protection.check();
  await settings.ok();
}

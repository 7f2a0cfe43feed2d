import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fingerprint } from '../../support/fingerprint.ts';
import { createScratchpadBase } from '../../support/scratchpad-disk.ts';
import { expect, test, withoutQemu } from '../fixtures/redoubt.ts';
import { DeleteMachinePage } from '../pages/delete-machine.ts';
import { Product } from '../walks/product.ts';

test.use({ environment: withoutQemu });

const capacityBytes = 64 * 1024 * 1024;

test('D4: deleting a machine leaves what others use, and what the user spares', async ({ app, host }) => {
  const product = new Product(app);
  const base = host.home.at('disks', 'pad.vmdk');
  mkdirSync(host.home.at('disks'));
  await createScratchpadBase(base, capacityBytes);
  for (const name of ['one', 'two'])
    await product.wizard.createCustom({ name, disk: { kind: 'existing', path: base }, mode: 'Undoable' });
  const two = product.machine('two');
  await two.powerOn();
  await two.showConsole();
  await two.expectScreen(/Boot 1\./);
  await two.writeNote('only in the log');
  await two.powerOff();
  await product.powerOff.answer('Keep');
  await two.expectState(/, powered off.*changes waiting/);
  const folder = host.home.at('machines', 'two');
  const [log = ''] = readdirSync(folder).filter((name) => /^pad\.vmdk\.REDO_[0-9a-f]{6}$/.test(name));
  const shared = fingerprint([base]);

  const question = new DeleteMachinePage(app, 'two');
  await two.select();
  await question.open();
  await expect(question.cancel).toBeFocused();
  await expect(question.stays).toHaveText([new RegExp(`^${base}.*used by one$`)]);
  await expect(question.file(`${folder}/${log}`)).toBeChecked();
  await expect(question.file(`${folder}/two.vmx`)).toBeChecked();
  await expect(question.file(base)).toHaveCount(0);

  // Esc changes nothing.
  const kept = readdirSync(folder).map((name) => `${folder}/${name}`);
  const before = fingerprint(kept);
  await app.keyboard.press('Escape');
  await expect(question.dialog).toBeHidden();
  await two.expectState(/, powered off.*changes waiting/);
  expect(fingerprint(kept)).toEqual(before);

  await question.open();
  await question.file(`${folder}/${log}`).uncheck();
  await question.confirm();
  await expect(two.row).toHaveCount(0);
  expect(readdirSync(folder)).toEqual([log]);
  expect(fingerprint([base])).toEqual(shared);

  const one = product.machine('one');
  await one.powerOn();
  await one.showConsole();
  await one.expectScreen(/Boot 1\./);
  await one.powerOff();
  await product.powerOff.answer('Discard');
});

test('D4: a machine of its own goes with its folder', async ({ app, host }) => {
  const product = new Product(app);
  const folder = host.home.at('machines', 'own');
  await product.wizard.createCustom({ name: 'own', disk: { kind: 'new', capacityGb: 1 }, mode: 'Undoable' });
  await product.machine('own').select();
  const question = new DeleteMachinePage(app, 'own');
  await question.open();
  await expect(question.stays).toHaveCount(0);
  await expect(question.file(`${folder}/own.vmdk`)).toBeChecked();
  await question.confirm();
  await expect(product.machine('own').row).toHaveCount(0);
  expect(existsSync(folder)).toBe(false);
  await expect(app.getByTestId('welcome')).toBeVisible();
});

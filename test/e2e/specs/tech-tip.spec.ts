import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createScratchpadBase, notesInDisk } from '../../support/scratchpad-disk.ts';
import { fingerprint } from '../../support/fingerprint.ts';
import { expect, test, withoutQemu } from '../fixtures/redoubt.ts';
import { prepareBase } from '../walks/prepare-base.ts';
import { Product } from '../walks/product.ts';
import { shareBase } from '../walks/share-base.ts';

const megabyte = 1024 * 1024;

// What chooses its backend by itself chooses the built-in emulator.
test.use({ environment: withoutQemu });

test.describe('the tech tip, on the built-in emulator', () => {
  test('W1: a base is prepared, literally', async ({ app, host }) => {
    await prepareBase(new Product(app), host.home.path, 'v86');
  });

  test('W2, W3: machines share a base, logs nest, a nested commit leaves the base alone', async ({ app, host }) => {
    await shareBase(new Product(app), host.home.path, 'v86');
  });
});

test.describe('decisions at power-off and power-on', () => {
  test('W4: kept twice, then discarded', async ({ app, host }) => {
    const product = new Product(app);
    const base = host.home.at('disks', 'pad.vmdk');
    mkdirSync(host.home.at('disks'));
    const files = await createScratchpadBase(base, 64 * megabyte);
    const before = fingerprint(files);
    await product.wizard.createCustom({ name: 'four', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
    const machine = product.machine('four');

    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote('first');
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.expectState(/, powered off.*changes waiting/);

    await machine.pressPowerOn();
    await product.powerOn.answer('Continue');
    await machine.showConsole();
    await machine.expectScreen(/Boot 2\.[^]*first/);
    await machine.writeNote('second');
    await machine.powerOff();
    await product.powerOff.expectAsked();
    await expect(product.powerOff.fact).toContainText('over 2 sessions');
    await product.powerOff.answer('Discard');
    await expect(machine.row).not.toHaveAccessibleName(/changes waiting/);
    expect(readdirSync(host.home.at('machines', 'four')).filter((name) => name.includes('.REDO'))).toEqual([]);

    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    expect(await machine.screenText()).not.toContain('first');
    await machine.powerOff();
    await product.powerOff.answer('Discard');
    expect(fingerprint(files)).toBe(before);
  });

  test('W6: a kept log asks at power-on, and each answer does what it says', async ({ app, host }) => {
    const product = new Product(app);
    const base = host.home.at('disks', 'pad.vmdk');
    mkdirSync(host.home.at('disks'));
    await createScratchpadBase(base, 64 * megabyte);
    await product.wizard.createCustom({ name: 'six', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
    const machine = product.machine('six');
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote('kept');
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.expectState(/, powered off/);
    const [log] = readdirSync(host.home.at('machines', 'six')).filter((name) => name.includes('.REDO'));
    const logPath = host.home.at('machines', 'six', log ?? '');
    const before = fingerprint([base, logPath]);

    await machine.pressPowerOn();
    await expect(product.powerOn.fact).toContainText('.REDO');
    await product.powerOn.answer('Cancel');
    await machine.expectState(/, powered off.*changes waiting/);
    expect(fingerprint([base, logPath])).toBe(before);

    await machine.pressPowerOn();
    await product.powerOn.answer('Discard and start');
    await machine.expectState(/, running/);
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    expect(existsSync(logPath)).toBe(false);
    await machine.writeNote('committed');
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.expectState(/, powered off.*changes waiting/);

    await machine.pressPowerOn();
    await product.powerOn.answer('Commit and start');
    await machine.expectState(/, running/, 60_000);
    await machine.showConsole();
    await machine.expectScreen(/Boot 2\.[^]*committed/);
    await machine.powerOff();
    await product.powerOff.answer('Discard');
    await machine.expectState(/, powered off/);
    expect(await notesInDisk(base)).toEqual(['committed']);
  });

  test('W5: nonpersistent forgets at power-off, at reset and after a crash, and asks nothing', async ({
    app,
    host,
  }) => {
    const product = new Product(app);
    const base = host.home.at('disks', 'pad.vmdk');
    mkdirSync(host.home.at('disks'));
    const files = await createScratchpadBase(base, 64 * megabyte);
    const before = fingerprint(files);
    await product.wizard.createCustom({ name: 'five', disk: { kind: 'existing', path: base }, mode: 'Nonpersistent' });
    const machine = product.machine('five');
    const logs = (): string[] =>
      readdirSync(host.home.at('machines', 'five')).filter((name) => /\.REDO_[0-9a-f]{6}$/.test(name));

    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote('gone');
    expect(logs()).toHaveLength(1);
    await machine.reset();
    await machine.expectScreen(/Boot 1\.(?![^]*gone)/);
    await machine.writeNote('again');
    await machine.powerOff();
    await machine.expectState(/, powered off/);
    expect(logs()).toEqual([]);

    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote('crash');
    await host.killRunners();
    await machine.expectState(/, powered off/);
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\.(?![^]*crash)/);
    expect(logs()).toHaveLength(1);
    await machine.powerOff();
    await machine.expectState(/, powered off/);
    expect(logs()).toEqual([]);
    expect(fingerprint(files)).toBe(before);
  });

  test('W13: zeros that the guest writes over old data stay zeros', async ({ app, host }) => {
    const product = new Product(app);
    const base = host.home.at('disks', 'pad.vmdk');
    mkdirSync(host.home.at('disks'));
    await createScratchpadBase(base, 64 * megabyte);
    await product.wizard.createCustom({ name: 'zeros', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
    const machine = product.machine('zeros');
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote('alpha');
    await machine.writeNote('beta');
    await machine.powerOff();
    await product.powerOff.answer('Commit');
    await machine.expectState(/, powered off(?!.*changes waiting)/);
    await expect.poll(() => existsSync(`${base}.commit`)).toBe(false);
    expect(await notesInDisk(base)).toEqual(['alpha', 'beta']);

    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 2\.[^]*beta/);
    await machine.typeLine('zero 1');
    await expect.poll(() => machine.screenText()).not.toContain('alpha');
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.pressPowerOn();
    await product.powerOn.answer('Continue');
    await machine.showConsole();
    await machine.expectScreen(/Boot 3\.[^]*beta/);
    expect(await machine.screenText()).not.toContain('alpha');
    await machine.powerOff();
    await product.powerOff.answer('Commit');
    await machine.expectState(/, powered off(?!.*changes waiting)/);
    await expect.poll(() => existsSync(`${base}.commit`)).toBe(false);
    expect(await notesInDisk(base)).toEqual(['beta']);
  });
});

test('W7: a picked segment leads to its first file in one click', async ({ app, host }) => {
  const product = new Product(app);
  mkdirSync(host.home.at('disks'));
  const files = await createScratchpadBase(host.home.at('disks', 'big.vmdk'), 4 * 1024 * megabyte);
  expect(files.map((file) => file.slice(host.home.at('disks').length + 1))).toEqual([
    'big.vmdk',
    'big-02.vmdk',
    'big-03.vmdk',
  ]);
  expect(files.every((file) => statSync(file).size <= 2 ** 31 - 1)).toBe(true);
  await product.wizard.createCustom({
    name: 'seven',
    disk: { kind: 'existing', path: files[0] ?? '' },
    mode: 'Undoable',
  });
  const machine = product.machine('seven');
  await machine.select();
  const settings = product.settings('seven');
  await settings.open();
  await settings.showDisk();
  const picker = await settings.browse();
  await picker.type(host.home.at('disks', 'big-02.vmdk'));
  await expect(picker.dialog).toContainText('That is part 2 of');
  await picker.useFirst('big.vmdk').click();
  await expect(picker.dialog).toBeHidden();
  await expect(settings.diskFile).toHaveValue(/big\.vmdk$/);
  await settings.cancel();
});

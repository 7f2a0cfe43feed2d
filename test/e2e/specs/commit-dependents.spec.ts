import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fingerprint } from '../../support/fingerprint.ts';
import { createScratchpadBase, notesInDisk } from '../../support/scratchpad-disk.ts';
import { expect, test, withoutQemu, type Host } from '../fixtures/redoubt.ts';
import { CommitDependentsPage } from '../pages/commit-dependents.ts';
import { Product } from '../walks/product.ts';

test.use({ environment: withoutQemu });

const capacityBytes = 64 * 1024 * 1024;

/** Two machines on one base, each with a kept log in its folder that has a note of its own. Returns the base. */
async function shareBase(product: Product, host: Host): Promise<string> {
  const base = host.home.at('disks', 'pad.vmdk');
  mkdirSync(host.home.at('disks'));
  await createScratchpadBase(base, capacityBytes);
  for (const name of ['one', 'two']) {
    await product.wizard.createCustom({ name, disk: { kind: 'existing', path: base }, mode: 'Undoable' });
    const machine = product.machine(name);
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot 1\./);
    await machine.writeNote(`note of ${name}`);
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.expectState(/, powered off.*changes waiting/);
  }
  return base;
}

function logOf(host: Host, name: string): string {
  const directory = host.home.at('machines', name);
  const [log] = readdirSync(directory).filter((file) => /^pad\.vmdk\.REDO_[0-9a-f]{6}$/.test(file));
  return `${directory}/${log ?? ''}`;
}

test('D1: a commit keeps the others as they are, at power-off and later', async ({ app, host }) => {
  const product = new Product(app);
  const question = new CommitDependentsPage(app);
  const base = await shareBase(product, host);
  const [one, two] = [product.machine('one'), product.machine('two')];

  // At power-off, over the question: first Keep, then the way that hurts nobody.
  await one.pressPowerOn();
  await product.powerOn.answer('Continue');
  await one.expectState(/, running/);
  await one.showConsole();
  await one.expectScreen(/Boot 2\.[^]*note of one/);
  await one.powerOff();
  await product.powerOff.expectAsked();
  await product.powerOff.dialog.getByRole('button', { name: 'Commit', exact: true }).click();
  await expect(question.dependents).toHaveText(['two: powered off']);
  await expect(question.keep).toBeFocused();
  await expect(question.preserve).toHaveAccessibleDescription(
    /^Redoubt first saves the .* they still need as an old state beside pad\.vmdk\. Machines that run on it must be powered off\.$/,
  );
  await question.preserve.click();
  await expect(product.powerOff.dialog).toBeHidden();
  await one.expectState(/, powered off(?!.*changes waiting)/);
  await expect.poll(() => existsSync(`${base}.commit`)).toBe(false);
  expect(await notesInDisk(base)).toEqual(['note of one']);

  // The sibling reads what it read, on the disk and in its guest.
  const [oldState, ...others] = readdirSync(host.home.at('disks')).filter((file) => /\.was_[0-9a-f]{6}$/.test(file));
  expect(others).toEqual([]);
  expect(await notesInDisk(logOf(host, 'two'), [base])).toEqual(['note of two']);
  await two.pressPowerOn();
  await product.powerOn.answer('Continue');
  await two.expectState(/, running/);
  await two.showConsole();
  await two.expectScreen(/Boot 2\.(?![^]*note of one)[^]*note of two/);
  await two.powerOff();
  await product.powerOff.answer('Keep');
  const settings = product.settings('two');
  await settings.open();
  await settings.showDisk();
  await expect(settings.diskFile).toHaveValue(new RegExp(`${oldState ?? 'none'}$`));
  await settings.cancel();
});

test('D1b: others are broken only if the name of the base is typed', async ({ app, host }) => {
  const product = new Product(app);
  const question = new CommitDependentsPage(app);
  const base = await shareBase(product, host);
  const one = product.machine('one');
  await one.select();
  await app.getByTestId('waiting.commit').click();
  await app.getByTestId('commit.confirm').click();
  await expect(question.dependents).toHaveText(['two: powered off']);
  await question.keep.click();
  await expect(question.dialog).toBeHidden();
  await one.expectState(/, powered off.*changes waiting/);
  expect(await notesInDisk(base)).toEqual([]);

  await app.getByTestId('waiting.commit').click();
  await app.getByTestId('commit.confirm').click();
  await question.commitAnyway();
  await question.breakThem('pad.vmdk');
  await one.expectState(/, powered off(?!.*changes waiting)/);
  await expect.poll(() => existsSync(`${base}.commit`)).toBe(false);
  expect(await notesInDisk(base)).toEqual(['note of one']);
  await product.machine('two').pressPowerOn();
  await product.error.expectShown({
    title: /^pad\.vmdk has changed since pad\.vmdk\.REDO_\w+ was made$/,
    text: /Put the old pad\.vmdk back from a copy/,
    steps: ['Try again', 'Settings…'],
  });
  await product.error.press('Close');
});

test('D1: a commit into a protected base goes to a new copy, which the machine then uses', async ({ app, host }) => {
  const product = new Product(app);
  const question = new CommitDependentsPage(app);
  const base = await shareBase(product, host);
  chmodSync(base, 0o444);
  const others = [base, logOf(host, 'two')];
  const before = fingerprint(others);
  const log = logOf(host, 'one');
  const one = product.machine('one');
  await one.select();
  await app.getByTestId('waiting.commit').click();
  await app.getByTestId('commit.confirm').click();
  await expect(question.preserve).toBeDisabled();
  await expect(question.dialog).toContainText('pad.vmdk is protected against writing.');
  await question.commitToCopy('pad-copy.vmdk', base);
  await expect(question.copy).toContainText('exists');
  const copy = host.home.at('machines', 'one', 'pad-copy.vmdk');
  await question.nameCopy(copy);
  await one.expectState(/, powered off(?!.*changes waiting)/);
  await expect.poll(() => existsSync(log)).toBe(false);
  expect(await notesInDisk(copy)).toEqual(['note of one']);
  expect(fingerprint(others)).toBe(before);

  const settings = product.settings('one');
  await settings.open();
  await settings.showDisk();
  await expect(settings.diskFile).toHaveValue(/pad-copy\.vmdk$/);
  await settings.cancel();
  await one.powerOn();
  await one.showConsole();
  await one.expectScreen(/Boot 2\.[^]*note of one/);
  await one.powerOff();
  await product.powerOff.answer('Discard');
});

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { fingerprint, fingerprintBelow } from '../../support/fingerprint.ts';
import { createScratchpadBase, notesInDisk } from '../../support/scratchpad-disk.ts';
import { expect, test, withoutQemu, type Host } from '../fixtures/redoubt.ts';
import { Product } from '../walks/product.ts';

test.use({ environment: withoutQemu });

/** A base that boots Scratchpad, in a folder of its own. */
async function makeBase(host: Host): Promise<string> {
  mkdirSync(host.home.at('disks'));
  const base = host.home.at('disks', 'pad.vmdk');
  await createScratchpadBase(base, 64 * 1024 * 1024);
  return base;
}

function logsOf(host: Host, machine: string): string[] {
  return readdirSync(host.home.at('machines', machine)).filter((name) => /\.REDO_[0-9a-f]{6}$/.test(name));
}

test('a persistent machine is not started on a read-only disk, and less so on a shared base', async ({ app, host }) => {
  const product = new Product(app);
  const base = await makeBase(host);
  const folders = [host.home.at('disks'), host.home.at('machines', 'writer')];
  await product.wizard.createCustom({ name: 'writer', disk: { kind: 'existing', path: base }, mode: 'Persistent' });
  const machine = product.machine('writer');

  chmodSync(base, 0o444);
  let before = fingerprintBelow(...folders);
  await machine.pressPowerOn();
  await product.error.expectShown({
    title: 'pad.vmdk is read-only',
    text: /Persistent mode and Commit need to write to it\./,
    steps: ['Switch to Undoable', 'Make writable'],
  });
  expect(fingerprintBelow(...folders)).toBe(before);
  await product.error.press('Close');

  await createRedoLog({ parent: base, directory: host.home.path, randomSuffix: true });
  before = fingerprintBelow(...folders);
  const files = fingerprint([base]);
  await machine.pressPowerOn();
  const shared = app.getByRole('alertdialog', { name: '"writer" writes directly to a protected base' });
  await expect(shared).toHaveAccessibleDescription(/pad\.vmdk is read-only because another .* its own redo log\?/);
  await expect(shared.getByRole('button', { name: 'New machine from this base' })).toBeVisible();
  await shared.getByRole('button', { name: 'Cancel' }).click();
  expect(fingerprintBelow(...folders)).toBe(before);

  await machine.pressPowerOn();
  await shared.getByRole('button', { name: 'Switch to Undoable and start' }).click();
  await machine.expectState(/, running.*undoable/);
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\./);
  await machine.writeNote('beside the base');
  expect(logsOf(host, 'writer')).toHaveLength(1);
  expect(fingerprint([base])).toBe(files);
});

test('two machines with no REDO log directory never write into one log', async ({ app, host }) => {
  const product = new Product(app);
  const base = await makeBase(host);
  const log = `${base}.REDO`;
  await product.wizard.createCustom({
    name: 'first',
    disk: { kind: 'existing', path: base },
    mode: 'Undoable',
    redoLogDir: '',
  });
  const first = product.machine('first');
  await first.powerOn();
  await first.showConsole();
  await first.expectScreen(/Boot 1\./);
  await first.writeNote('of the first');
  await first.powerOff();
  await product.powerOff.answer('Keep');
  await first.expectState(/, powered off.*changes waiting/);
  expect(await notesInDisk(log)).toEqual(['of the first']);

  // The wizard says so at once, and where it is put in by hand, the start does.
  await product.wizard.open();
  await product.wizard.fillCustom({ name: 'second', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
  await product.wizard.back('Where to Keep Changes');
  const field = product.wizard.field('REDO log directory');
  await field.fill('');
  await expect(product.wizard.dialog).toContainText(
    'pad.vmdk.REDO belongs to "first". Two machines would write the same redo log.',
  );
  await field.fill('.');
  await product.wizard.next('Ready to Create');
  await product.wizard.finish();
  const configuration = host.home.at('machines', 'second', 'second.vmx');
  const written = readFileSync(configuration, 'utf8');
  writeFileSync(configuration, written.replace(/^redoLogDir = ".*"/m, 'redoLogDir = ""'));

  const before = fingerprintBelow(host.home.at('disks'), host.home.at('machines', 'second'));
  const second = product.machine('second');
  await second.pressPowerOn();
  await product.error.expectShown({
    title: 'pad.vmdk.REDO belongs to "first"',
    text: /Two machines would write the same redo log\./,
    steps: ['Use "."', 'Settings…'],
  });
  expect(fingerprintBelow(host.home.at('disks'), host.home.at('machines', 'second'))).toBe(before);

  const kept = fingerprint([base, log]);
  await product.error.press('Use "."');
  await second.expectState(/, running/);
  await second.showConsole();
  await second.expectScreen(/Boot 1\.(?![^]*of the first)/);
  await second.writeNote('of the second');
  expect(fingerprint([base, log])).toBe(kept);
  const [own] = logsOf(host, 'second');
  await second.powerOff();
  await product.powerOff.answer('Keep');
  await second.expectState(/, powered off/);
  expect(await notesInDisk(host.home.at('machines', 'second', own ?? ''), [base])).toEqual(['of the second']);
});

test.describe('as a user without privileges', () => {
  test.use({ isUnprivileged: true });

  test('a REDO log directory that takes no logs is named, and made where it is missing', async ({ app, host }) => {
    const product = new Product(app);
    const base = await makeBase(host);
    const directory = host.home.at('logs of machines');
    mkdirSync(directory);
    host.own(host.home.at('disks'), base, directory);
    chmodSync(directory, 0o555);

    await product.wizard.open();
    await product.wizard.fillCustom({ name: 'logless', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
    await product.wizard.back('Where to Keep Changes');
    const field = product.wizard.field('REDO log directory');
    await field.fill(directory);
    await expect(product.wizard.dialog).toContainText(`You cannot write to ${directory}.`);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    chmodSync(directory, 0o755);
    await field.fill(`${directory}/`);
    await expect(field).not.toHaveAttribute('aria-invalid', 'true');
    await product.wizard.next('Ready to Create');
    await product.wizard.finish();
    chmodSync(directory, 0o555);

    const machine = product.machine('logless');
    const folders = [host.home.at('disks'), host.home.at('machines', 'logless')];
    const before = fingerprintBelow(...folders);
    await machine.pressPowerOn();
    await product.error.expectShown({
      title: 'The redo log folder is not usable',
      text: `You cannot write to ${directory}.`,
      steps: ['Use "."', 'Settings…'],
    });
    expect(fingerprintBelow(...folders, directory)).toBe(before);
    await product.error.press('Close');

    rmdirSync(directory);
    await machine.pressPowerOn();
    await product.error.expectShown({
      title: 'The redo log folder is not usable',
      text: `${directory} does not exist.`,
      steps: ['Create folder', 'Use "."', 'Settings…'],
    });
    expect(existsSync(directory)).toBe(false);
    expect(fingerprintBelow(...folders)).toBe(before);
    await product.error.press('Create folder');
    await machine.expectState(/, running/);
    expect(readdirSync(directory).filter((name) => /^pad\.vmdk\.REDO_[0-9a-f]{6}$/.test(name))).toHaveLength(1);
  });
});

test('a machine for QEMU, where there is none, goes on in the built-in emulator', async ({ app, host }) => {
  const product = new Product(app);
  const base = await makeBase(host);
  await product.wizard.createCustom({ name: 'fast', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
  await product.chooseBackend('fast', 'qemu');
  const folders = [host.home.at('disks'), host.home.at('machines', 'fast')];
  const before = fingerprintBelow(...folders);
  const machine = product.machine('fast');
  await machine.pressPowerOn();
  await product.error.expectShown({
    title: 'QEMU was not found',
    text: /This machine can run in the built-in emulator, slower\./,
    steps: ['Use built-in emulator', 'Settings…'],
  });
  expect(fingerprintBelow(...folders)).toBe(before);
  await product.error.press('Use built-in emulator');
  await machine.expectState(/, running/);
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\./);
});

test.describe('without QEMU and without firmware', () => {
  test.use({ environment: { ...withoutQemu, REDOUBT_FIRMWARE: '/nowhere/seabios' } });

  test('the demo says which files are missing and how to get them, and leaves no log behind', async ({ app, host }) => {
    const product = new Product(app);
    await app.getByTestId('welcome').getByRole('button', { name: 'Try the demo' }).click();
    await product.error.expectShown({
      title: 'The firmware for the built-in emulator is missing',
      text: /bios\.bin, vgabios-stdvga\.bin\. .*install the package seabios.*\/nowhere\/seabios/,
      steps: ['Try again'],
    });
    expect(logsOf(host, 'Scratchpad')).toEqual([]);
    const disk = fingerprintBelow(host.home.at('machines', 'Scratchpad'));
    await product.error.press('Try again');
    await product.error.expectShown({ title: /firmware/, text: /bios\.bin/, steps: ['Try again'] });
    expect(fingerprintBelow(host.home.at('machines', 'Scratchpad'))).toBe(disk);
  });
});

test('a kept log whose drive is away waits, says so, and can be given up', async ({ app, host }) => {
  const product = new Product(app);
  const base = await makeBase(host);
  const drive = host.home.at('drive');
  mkdirSync(drive);
  host.own(drive);
  await product.wizard.createCustom({
    name: 'far',
    disk: { kind: 'existing', path: base },
    mode: 'Undoable',
    redoLogDir: drive,
  });
  const machine = product.machine('far');
  await machine.powerOn();
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\./);
  await machine.writeNote('on the drive');
  await machine.powerOff();
  await product.powerOff.answer('Keep');
  await machine.expectState(/, powered off.*changes waiting/);

  // Where a drive was mounted an empty folder stays.
  renameSync(drive, host.home.at('unplugged'));
  mkdirSync(drive);
  host.own(drive);
  await machine.pressPowerOn();
  await product.error.expectShown({
    title: /\.REDO_[0-9a-f]{6} was not found$/,
    text: /the drive it lies on is not there/,
    steps: ['Try again', 'Settings…'],
  });
  await product.error.press('Close');
  const notice = app.getByTestId('machine.waiting');
  await expect(notice).toContainText(/^Changes wait in pad\.vmdk\.REDO_[0-9a-f]{6}, which can't be read now\./);
  await expect(notice.getByRole('button')).toHaveText(['Discard…']);

  // Back again, nothing was lost.
  rmdirSync(drive);
  renameSync(host.home.at('unplugged'), drive);
  await machine.pressPowerOn();
  await product.powerOn.answer('Continue');
  await machine.showConsole();
  await machine.expectScreen(/Boot 2\.[^]*on the drive/);
  await machine.powerOff();
  await product.powerOff.answer('Keep');

  // Gone for good, it is given up.
  renameSync(drive, host.home.at('unplugged'));
  mkdirSync(drive);
  host.own(drive);
  await machine.pressPowerOn();
  await product.error.press('Close');
  await notice.getByRole('button', { name: 'Discard…' }).click();
  const discard = app.getByRole('alertdialog', { name: 'Discard the changes in "far"?' });
  await expect(discard).toHaveAccessibleDescription(/"far" starts without its changes from then on/);
  await discard.getByRole('button', { name: 'Discard', exact: true }).click();
  await machine.expectState(/, powered off(?!.*changes waiting)/);
  await machine.powerOn();
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\.(?![^]*on the drive)/);
});

import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createBase } from '../../../core/disk/create/create-base.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { fingerprintBelow } from '../../support/fingerprint.ts';
import { createScratchpadBase } from '../../support/scratchpad-disk.ts';
import { expect, test, withoutQemu, type Host } from '../fixtures/redoubt.ts';
import type { ExpectedError } from '../pages/error.ts';
import { Product } from '../walks/product.ts';

test.use({ environment: withoutQemu });

const megabyte = 1024 * 1024;
const capacityBytes = 64 * megabyte;

interface Files {
  readonly base: string;
  readonly log: string;
}

/** A base, a redo log on it that is a disk by itself, and copies of both. */
async function makeChain(host: Host): Promise<Files & { restore: () => void }> {
  for (const folder of ['disks', 'copies']) mkdirSync(host.home.at(folder));
  const base = host.home.at('disks', 'pad.vmdk');
  await createScratchpadBase(base, capacityBytes);
  const { file: log } = await createRedoLog({ parent: base, randomSuffix: false });
  const copies = [base, log].map((file, index) => ({ file, copy: host.home.at('copies', String(index)) }));
  for (const { file, copy } of copies) copyFileSync(file, copy);
  const restore = (): void => {
    for (const { file, copy } of copies) copyFileSync(copy, file);
  };
  return { base, log, restore };
}

/** Ways in which a chain breaks between two starts, and what is said of each. */
const breaks: readonly (ExpectedError & {
  readonly how: string;
  readonly spoil: (files: Files) => void | Promise<void>;
})[] = [
  {
    how: 'the parent is gone',
    spoil: ({ base }) => rmSync(base),
    title: 'The parent of pad.vmdk.REDO is missing',
    text: /Expected pad\.vmdk\..*Put the parent back, or move both files into one folder\./,
    steps: ['Try again', 'Settings…'],
  },
  {
    how: 'the parent is another disk of the same size',
    spoil: async ({ base }) => {
      rmSync(base);
      await createBase({ file: base, capacityBytes, split: true, bus: 'ide' });
    },
    title: 'pad.vmdk has changed since pad.vmdk.REDO was made',
    text: /Put the old pad\.vmdk back from a copy\./,
    steps: ['Try again', 'Settings…'],
  },
  {
    how: 'the parent has another size',
    spoil: async ({ base }) => {
      rmSync(base);
      await createBase({ file: base, capacityBytes: 2 * capacityBytes, split: true, bus: 'ide' });
    },
    title: 'pad.vmdk.REDO and its parent differ in size',
    text: /64 MB and 128 MB\./,
    steps: ['Settings…'],
  },
  {
    how: 'the parent is the log itself',
    spoil: ({ base, log }) => copyFileSync(log, base),
    title: 'pad.vmdk.REDO is its own ancestor',
    text: /The chain runs in a circle: pad\.vmdk\.REDO → pad\.vmdk\./,
    steps: ['Settings…'],
  },
  {
    how: 'the header of the log is cut off',
    spoil: ({ log }) => truncateSync(log, 700),
    title: 'pad.vmdk.REDO is damaged',
    text: /Nothing was changed\. Work on a copy/,
    steps: [],
  },
  {
    how: 'the log is no disk',
    spoil: ({ log }) => writeFileSync(log, 'Dear diary, today I ran out of disk space.\n'.repeat(100)),
    title: 'pad.vmdk.REDO is not a disk Redoubt knows',
    text: /Known kinds:/,
    steps: [],
  },
];

test('a broken chain stops the start in words, and nothing is changed', async ({ app, host }) => {
  const product = new Product(app);
  const files = await makeChain(host);
  await product.wizard.createCustom({ name: 'broken', disk: { kind: 'existing', path: files.log }, mode: 'Undoable' });
  const machine = product.machine('broken');
  const folders = [host.home.at('disks'), host.home.at('machines', 'broken')];
  for (const { how, spoil, ...expected } of breaks) {
    await test.step(how, async () => {
      files.restore();
      await spoil(files);
      const before = fingerprintBelow(...folders);
      await machine.pressPowerOn();
      await product.error.expectShown(expected);
      expect(fingerprintBelow(...folders)).toBe(before);
      await product.error.press('Close');
      await machine.expectState(/, (powered off|failed|stopped)/);
    });
  }

  // What is put back works again, from the step that the error offers.
  files.restore();
  rmSync(files.base);
  await machine.pressPowerOn();
  await product.error.expectShown({ title: /is missing$/, text: /Expected/, steps: ['Try again', 'Settings…'] });
  files.restore();
  await product.error.press('Try again');
  await machine.expectState(/, running/);
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\./);
});

test('the picker and the wizard say what a file is not, and nothing is changed', async ({ app, host }) => {
  const product = new Product(app);
  const { base, log, restore } = await makeChain(host);
  const at = (name: string): string => host.home.at('disks', name);
  writeFileSync(at('letter.vmdk'), 'Dear diary\n'.repeat(200));
  writeFileSync(at('empty.vmdk'), '');
  copyFileSync(base, at('cut.vmdk'));
  truncateSync(at('cut.vmdk'), 700);
  await createBase({ file: at('big.vmdk'), capacityBytes: 3 * 1024 * megabyte, split: true, bus: 'ide' });
  await product.wizard.createCustom({ name: 'chooser', disk: { kind: 'existing', path: base }, mode: 'Undoable' });
  rmSync(base);
  const before = fingerprintBelow(host.home.at('disks'), host.home.at('machines', 'chooser'));

  const settings = product.settings('chooser');
  await product.machine('chooser').select();
  await settings.open();
  await settings.showDevice('Virtual Disk (IDE 0:0)');
  const picker = await settings.browse();
  const typed = [
    { file: at('letter.vmdk'), says: 'letter.vmdk is not a disk Redoubt knows' },
    { file: at('empty.vmdk'), says: 'empty.vmdk is not a disk Redoubt knows' },
    { file: at('cut.vmdk'), says: 'cut.vmdk is damaged' },
    { file: log, says: 'The parent of pad.vmdk.REDO is missing' },
    { file: at('nothing.vmdk'), says: 'nothing.vmdk was not found' },
    { file: at('big-02.vmdk'), says: 'That is part 2 of big.vmdk' },
  ];
  for (const { file, says } of typed) {
    await picker.type(file);
    await expect(picker.dialog).toContainText(says);
    await expect(picker.dialog).toBeVisible();
  }
  await picker.useFirst('big.vmdk').click();
  await expect(picker.dialog).toBeHidden();
  await expect(settings.diskFile).toHaveValue(/big\.vmdk$/);
  await settings.cancel();

  await product.wizard.open();
  await product.wizard.choose('Custom');
  for (const panel of [
    'Select a Guest Operating System',
    'Name the Virtual Machine',
    'Memory for the Virtual Machine',
    'Network Type',
    'Select I/O Adapter Types',
    'Select a Disk',
  ]) {
    await product.wizard.next(panel);
  }
  await product.wizard.choose('Use an existing virtual disk');
  await product.wizard.next('Choose an Existing Disk');
  const field = product.wizard.field('Disk file');
  for (const { file, says } of typed) {
    await field.fill(file);
    await expect(product.wizard.dialog).toContainText(says);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  await product.wizard.dialog.getByRole('button', { name: 'Use big.vmdk' }).click();
  await expect(field).toHaveValue(at('big.vmdk'));
  await expect(field).not.toHaveAttribute('aria-invalid', 'true');
  await product.wizard.dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(fingerprintBelow(host.home.at('disks'), host.home.at('machines', 'chooser'))).toBe(before);
  restore();
});

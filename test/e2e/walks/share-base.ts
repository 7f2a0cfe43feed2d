import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { fingerprint } from '../../support/fingerprint.ts';
import { createScratchpadBase, notesInDisk } from '../../support/scratchpad-disk.ts';
import type { Product } from './product.ts';

/**
 * W2 and W3, the second procedure of the tech tip: two machines on one protected base run at the same time,
 * each on a redo log of its own that was chosen as its disk; then a log is nested on one of them and
 * committed into it, and the base has not changed by a bit or a time.
 */
export async function shareBase(product: Product, home: string, backend: 'v86' | 'qemu'): Promise<void> {
  const base = join(home, 'disks', 'pad.vmdk');
  mkdirSync(join(home, 'disks'));
  const files = await createScratchpadBase(base, 64 * 1024 * 1024);
  for (const file of files) chmodSync(file, 0o444);
  const before = fingerprint(files);

  const logs: string[] = [];
  for (const name of ['one', 'two']) {
    const directory = join(home, 'machines', name);
    await product.wizard.open();
    await product.wizard.fillCustom({ name, disk: { kind: 'existing', path: base } });
    await product.wizard.finish();
    await product.chooseBackend(name, backend);
    const machine = product.machine(name);
    await machine.powerOn();
    await machine.powerOff();
    await product.powerOff.answer('Keep');
    await machine.expectState(/, powered off/);
    const [log, ...others] = readdirSync(directory).filter((file) => /^pad\.vmdk\.REDO_[0-9a-f]{6}$/.test(file));
    expect(others).toEqual([]);
    logs.push(join(directory, log ?? ''));
    const settings = product.settings(name);
    await settings.open();
    await settings.showDisk();
    const picker = await settings.browse();
    await picker.place("This machine's folder");
    await picker.choose(log ?? '');
    await settings.ok();
    await expect(machine.row).not.toHaveAccessibleName(/changes waiting/);
  }
  expect(new Set(logs).size).toBe(2);

  // Both at the same time, each with its own note.
  for (const name of ['one', 'two']) {
    const machine = product.machine(name);
    await machine.powerOn();
    await machine.showConsole();
    await machine.expectScreen(/Boot \d+\./);
    await machine.writeNote(`note of ${name}`);
  }
  await product.machine('one').expectState(/, running/);
  await product.machine('two').expectState(/, running/);
  await product.machine('two').powerOff();
  await product.powerOff.answer('Discard');
  await product.machine('two').expectState(/, powered off/);

  // W3: what machine one wrote lies in a log nested on its disk; Commit brings it there and no further.
  const nested = readdirSync(join(home, 'machines', 'one')).filter((file) =>
    /\.REDO_[0-9a-f]{6}\.REDO_[0-9a-f]{6}$/.test(file),
  );
  expect(nested).toHaveLength(1);
  await product.machine('one').powerOff();
  await product.powerOff.answer('Commit');
  await product.machine('one').expectState(/, powered off(?!.*changes waiting)/);
  await expect
    .poll(() => readdirSync(join(home, 'machines', 'one')).filter((file) => /\.REDO_\w+\.REDO_|\.commit$/.test(file)))
    .toEqual([]);
  expect(await notesInDisk(logs[0] ?? '', [base])).toEqual(['note of one']);
  expect(await notesInDisk(logs[1] ?? '', [base])).toEqual([]);
  expect(await notesInDisk(base)).toEqual([]);
  expect(fingerprint(files)).toBe(before);
}

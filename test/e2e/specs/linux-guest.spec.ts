import { mkdirSync, readdirSync } from 'node:fs';
import { fingerprint } from '../../support/fingerprint.ts';
import { buildLinuxGuest } from '../../support/linux-guest/build-linux-guest.ts';
import { createBaseFromImage } from '../../support/linux-guest/linux-base.ts';
import { LinuxConsole } from '../../support/linux-guest/linux-console.ts';
import { hasTools } from '../../support/tools.ts';
import { expect, test, type Host } from '../fixtures/redoubt.ts';
import type { MachinePage } from '../pages/machine.ts';
import { Product } from '../walks/product.ts';

const name = 'linux';

/** A machine on a fresh base with Linux, as the wizard and the editor make it. Returns the base. */
async function makeMachine(product: Product, host: Host, image: string, sizeBytes: number): Promise<string> {
  mkdirSync(host.home.at('disks'));
  const base = host.home.at('disks', 'linux.vmdk');
  await createBaseFromImage(base, image, sizeBytes);
  await product.wizard.createCustom({
    name,
    guest: { group: 'Linux', version: 'Linux (32-bit)' },
    memoryMb: 128,
    disk: { kind: 'existing', path: base },
    mode: 'Undoable',
  });
  await product.chooseBackend(name, 'qemu');
  const settings = product.settings(name);
  await settings.open();
  await settings.showDevice('Serial');
  await settings.serialFile.fill('serial.txt');
  await settings.ok();
  return base;
}

/** The conversation with Linux on the machine that was just powered on. */
async function linuxConsole(machine: MachinePage, host: Host): Promise<LinuxConsole> {
  await machine.showConsole();
  const console = new LinuxConsole(host.home.at('machines', name, 'serial.txt'), (line) => machine.typeLine(line));
  await console.ready();
  return console;
}

test('Linux, on QEMU: what is discarded is gone, what is kept is there', async ({ app, host }) => {
  test.setTimeout(300_000);
  const hasAll = hasTools('qemu-system-x86_64', 'mformat', 'syslinux', 'mke2fs', 'dpkg-deb');
  test.skip(!hasAll, 'a tool that builds or runs the Linux guest is missing');
  const linux = buildLinuxGuest();
  test.skip(linux.kind === 'unobtainable', linux.kind === 'unobtainable' ? linux.reason : '');
  if (linux.kind === 'unobtainable') return;
  const product = new Product(app);
  const base = await makeMachine(product, host, linux.image, linux.sizeBytes);
  const before = fingerprint([base]);
  const machine = product.machine(name);
  const logs = (): string[] => readdirSync(host.home.at('machines', name)).filter((file) => file.includes('.REDO'));

  await machine.powerOn();
  let guest = await linuxConsole(machine, host);
  expect(await guest.run('save note written once')).toEqual({ status: 0, said: '' });
  expect(await guest.run('show note')).toEqual({ status: 0, said: 'written once' });
  await guest.powerOff();
  await product.powerOff.answer('Discard');
  await machine.expectState(/, powered off(?!.*changes waiting)/);
  expect(logs()).toEqual([]);
  expect(fingerprint([base])).toBe(before);

  await machine.powerOn();
  guest = await linuxConsole(machine, host);
  expect(await guest.run('gone note')).toEqual({ status: 0, said: '' });
  expect(await guest.run('save note written twice')).toEqual({ status: 0, said: '' });
  await guest.powerOff();
  await product.powerOff.answer('Keep');
  await machine.expectState(/, powered off.*changes waiting/);
  expect(logs()).toHaveLength(1);

  await machine.pressPowerOn();
  await product.powerOn.answer('Continue');
  await machine.expectState(/, running/);
  guest = await linuxConsole(machine, host);
  expect(await guest.run('show note')).toEqual({ status: 0, said: 'written twice' });
  await guest.powerOff();
  await product.powerOff.answer('Keep');
  expect(fingerprint([base])).toBe(before);
});

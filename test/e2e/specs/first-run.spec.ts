import { readdirSync } from 'node:fs';
import { processesOf } from '../fixtures/end-runners.ts';
import { expect, test, withoutQemu } from '../fixtures/redoubt.ts';
import { Product } from '../walks/product.ts';

// Nothing but the window, the host and a browser: the first minute needs no QEMU.
test.use({ environment: withoutQemu });

/** How long the demo may take to be there; on an idle computer it is a second or two. */
const demoLimitMs = 30_000;

/** A size as the window writes it, and never zero. */
const size = /\b(?!0 KB)\d[\d.,]* (?:KB|MB)/;

test('the first minute: the demo, a note, Discard, a note, Keep', async ({ app, host }) => {
  const product = new Product(app);
  const machine = product.machine('Scratchpad');
  const welcome = app.getByTestId('welcome');
  await expect(welcome.getByRole('heading', { name: 'No machines yet' })).toBeVisible();
  await expect(welcome.getByRole('button', { name: 'New Virtual Machine' })).toBeEnabled();

  const clickedAt = performance.now();
  await welcome.getByRole('button', { name: 'Try the demo' }).click();
  await machine.expectScreen(/Boot 1\./, demoLimitMs);
  const demoMs = performance.now() - clickedAt;
  console.log(`the demo was there after ${(demoMs / 1000).toFixed(1)} s`);
  expect(demoMs).toBeLessThan(demoLimitMs);

  await machine.writeNote('hello');
  await app.keyboard.press('Control+e');
  await machine.confirmPowerOff();
  await product.powerOff.expectAsked();
  await expect(product.powerOff.fact).toContainText(size);
  await expect(product.powerOff.fact).toContainText(/since .*\d/);
  await product.powerOff.answer('Discard');
  await machine.expectState(/, powered off(?!.*changes waiting)/);
  const logs = (): string[] =>
    readdirSync(host.home.at('machines', 'Scratchpad')).filter((name) => name.includes('.REDO'));
  expect(logs()).toEqual([]);

  await machine.powerOn();
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\.(?![^]*hello)/);
  await machine.writeNote('hello again');
  await machine.powerOff();
  await product.powerOff.answer('Keep');
  await machine.expectState(/, powered off.*changes waiting/);
  expect(logs()).toHaveLength(1);
  const waiting = app.getByRole('treeitem', { name: /^Waiting/ });
  await expect(waiting).toBeVisible();
  await expect(app.getByRole('treeitem', { name: /^Scratchpad, powered off, changes waiting/ })).toHaveCount(2);
});

test('a machine outlives a host that is killed, and so does its question', async ({ app, host }) => {
  const product = new Product(app);
  const machine = product.machine('Scratchpad');
  await app.getByTestId('welcome').getByRole('button', { name: 'Try the demo' }).click();
  await machine.expectScreen(/Boot 1\./);
  await machine.writeNote('still here');
  const runners = processesOf(host.home.path).filter((pid) => pid !== host.pid);
  expect(runners.length).toBeGreaterThan(0);

  await host.kill();
  await expect(app.getByTestId('connection.lost')).toBeVisible();
  expect(processesOf(host.home.path).sort()).toEqual(runners.sort());
  await host.restart();
  await app.goto(host.url);
  await machine.expectState(/, running/);
  await machine.showConsole();
  await machine.expectScreen(/Boot 1\.[^]*still here/);
  await machine.writeNote('and again');

  await machine.powerOff();
  await product.powerOff.expectAsked();
  const fact = await product.powerOff.fact.textContent();
  await host.kill();
  await host.restart();
  await app.goto(host.url);
  await product.powerOff.expectAsked();
  await expect(product.powerOff.fact).toHaveText(fact ?? '');
  await product.powerOff.answer('Keep');
  await machine.expectState(/, powered off.*changes waiting/);

  await machine.pressPowerOn();
  await product.powerOn.answer('Continue');
  await machine.showConsole();
  await machine.expectScreen(/Boot 2\.[^]*still here[^]*and again/);
  await machine.powerOff();
  await product.powerOff.answer('Discard');
  await machine.expectState(/, powered off(?!.*changes waiting)/);
  await expect.poll(() => processesOf(host.home.path)).toEqual([host.pid]);
});

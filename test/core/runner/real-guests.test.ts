import { afterEach, describe, expect, it } from 'vitest';
import { homeBelow } from '../../../core/base/home.ts';
import { createBackends } from '../../../core/runner/backend-list.ts';
import { RunnerHandle } from '../../../core/runner/runner-handle.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { RfbClient } from '../../support/rfb-client.ts';

const folder = makeTempFolder();
const found = await Promise.all(
  createBackends(homeBelow(folder.path), {}).map(async (backend) => ({
    name: backend.name,
    availability: await backend.availability(),
  })),
);
folder.remove();

/** The demo guest on a real backend: what it writes goes where the decision says. */
describe.each(found)('Scratchpad in a runner on $name', { timeout: 120_000 }, ({ name, availability }) => {
  if (!availability.isAvailable) console.log(`skipped: ${name}: ${availability.reason}`);
  let bench: CoreBench | undefined;
  afterEach(async () => {
    await bench?.close();
  });

  const screenOf = async (id: string): Promise<RfbClient> => {
    const handle = await RunnerHandle.attach(bench!.home, id, () => undefined);
    const path = handle?.state.rfbSocketPath ?? '';
    handle?.detach();
    await handle?.ended;
    return await RfbClient.connect(path);
  };

  it.skipIf(!availability.isAvailable)('discard takes a note back, keep keeps it', async () => {
    bench = await CoreBench.open();
    const { machines } = bench.client;
    const { id } = await machines.createDemo({});
    await machines.saveSettings({ id, settings: { ...(await machines.settings({ id })), backend: name } });

    const writeNote = async (boot: RegExp, note: string): Promise<void> => {
      const screen = await screenOf(id);
      await screen.waitForText(boot, 40_000);
      await screen.typeLine(note);
      await screen.waitForText(new RegExp(`1\\. ${note}`));
      await screen.close();
    };
    const decide = async (answer: 'keep' | 'discard'): Promise<void> => {
      await bench!.waitFor(id, (view) => view.power === 'deciding', 'asked');
      await machines.decide({ id, answers: [{ slot: 'ide0:0', answer }] });
      await bench!.waitFor(id, (view) => view.power === 'off', 'went off');
    };

    await machines.powerOn({ id });
    await writeNote(/Boot 1\./, 'first');
    expect((await machines.screenshot({ id })).png.size).toBeGreaterThan(100);
    await machines.powerOff({ id });
    await decide('discard');
    expect((await machines.screenshot({ id })).png.size).toBeGreaterThan(100);

    await machines.powerOn({ id });
    await writeNote(/Boot 1\./, 'second');
    const screen = await screenOf(id);
    await screen.typeLine('poweroff'); // the guest ends the session as the button does
    await screen.close();
    await decide('keep');
    expect((await refusalOf(machines.powerOn({ id }))).code).toBe('machine.changes-waiting');

    await machines.powerOn({ id, waiting: 'continue' });
    const again = await screenOf(id);
    await again.waitForText(/Boot 2\./, 40_000);
    await again.waitForText(/1\. second/);
    await again.close();
  });

  it.skipIf(!availability.isAvailable)(
    'a nonpersistent disk is as before after a reset, and the guest comes up once',
    async () => {
      bench = await CoreBench.open();
      const { machines } = bench.client;
      const { id } = await machines.createDemo({});
      const settings = await machines.settings({ id });
      const disks = settings.disks.map((disk) => ({ ...disk, mode: 'nonpersistent' as const }));
      await machines.saveSettings({ id, settings: { ...settings, backend: name, disks } });
      const logNow = async (): Promise<string> => (await bench!.view(id)).disks[0]?.redo?.path ?? '';
      await machines.powerOn({ id });
      const screen = await screenOf(id);
      await screen.waitForText(/Boot 1\./, 40_000);
      await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote');
      const first = await logNow();

      await machines.reset({ id }); // by the button
      await bench.waitFor(id, (view) => view.disks[0]?.redo?.path !== first, 'had a fresh log');
      await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote again');
      await screen.waitForText(/Boot 1\./, 40_000);
      const second = await logNow();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await logNow()).toBe(second);
      expect((await bench.view(id)).power).toBe('running');

      await screen.typeLine('reboot'); // by the guest itself
      await bench.waitFor(id, (view) => view.disks[0]?.redo?.path !== second, 'had a fresh log again');
      await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote once more');
      const third = await logNow();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await logNow()).toBe(third);
      await screen.waitForText(/Boot 1\./, 40_000);
      await screen.close();
      await machines.powerOff({ id });
      await bench.waitFor(id, (view) => view.power === 'off', 'went off');
    },
  );
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { homeBelow } from '../../../core/base/home.ts';
import { createBackends } from '../../../core/runner/backend-list.ts';
import { RunnerHandle } from '../../../core/runner/runner-handle.ts';
import { CoreBench } from '../../support/core-bench.ts';
import { RfbClient } from '../../support/rfb-client.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const slot = 'ide0:0';
const mib = 1024 * 1024;
const folder = makeTempFolder();
const available = new Set<string>(['fake']);
for (const backend of createBackends(homeBelow(folder.path), {}))
  if ((await backend.availability()).isAvailable) available.add(backend.name);
folder.remove();

/** A file system of 8 MiB at `path`, or `false` where none can be mounted. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A machine whose redo log lies on a volume that is full. */
describe.each(['fake', 'v86', 'qemu'] as const)(
  'a volume that is full while %s runs',
  { timeout: 120_000 },
  (backend) => {
    let bench: CoreBench;
    let small: string;
    let isMounted: boolean;
    let id: string;

    beforeEach(async (test) => {
      bench = await CoreBench.open();
      small = join(bench.home.machinesDirectory, 'small');
      mkdirSync(small);
      isMounted = mountSmall(small);
      if (!isMounted) test.skip('no tmpfs can be mounted here');
      if (!available.has(backend)) test.skip(`${backend} is not here`);
      ({ id } = await bench.client.machines.createDemo({}));
      const settings = await bench.client.machines.settings({ id });
      await bench.client.machines.saveSettings({ id, settings: { ...settings, backend, redoLogDir: small } });
    });
    afterEach(async () => {
      await bench.close(() => {
        if (isMounted) execFileSync('umount', [small]);
      });
    });

    const ballast = (): string => join(small, 'ballast');
    const fill = (): void => {
      const { bavail, bsize } = statfsSync(small);
      writeFileSync(ballast(), Buffer.alloc(bavail * bsize));
    };
    const type = async (line: string): Promise<RfbClient> => {
      const handle = await RunnerHandle.attach(bench.home, id, () => undefined);
      const screen = await RfbClient.connect(handle?.state.rfbSocketPath ?? '');
      handle?.detach();
      await handle?.ended;
      if (backend !== 'fake') await screen.waitForText(/Boot \d+\./, 40_000);
      await screen.typeLine(line);
      return screen;
    };
    const startAndFill = async (): Promise<void> => {
      await bench.client.machines.powerOn({ id });
      await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote');
      fill();
      const screen = await type('a note that finds no room');
      const view = await bench.waitFor(id, (one) => one.power === 'paused', 'was paused');
      await screen.close();
      expect(view.paused).toMatchObject({ reason: 'no-space', volume: small, needBytes: 32 * mib });
      expect(view.paused?.freeBytes).toBeLessThan(4096);
      expect(view.problem).toBeUndefined();
    };

    it('pauses it, says why, and it goes on when there is room', async () => {
      await startAndFill();
      await bench.client.machines.resume({ id }); // there is no room yet
      await new Promise((resolve) => setTimeout(resolve, 300));
      await bench.waitFor(id, (one) => one.power === 'paused' && one.paused?.reason === 'no-space', 'was paused again');

      rmSync(ballast());
      const allocated = (await bench.view(id)).disks[0]?.redo?.allocatedBytes ?? 0;
      await bench.client.machines.resume({ id });
      const view = await bench.waitFor(id, (one) => one.power === 'running', 'went on');
      expect(view.paused).toBeUndefined();
      await bench.waitFor(id, (one) => (one.disks[0]?.redo?.allocatedBytes ?? 0) > allocated, 'wrote its note');
      await bench.client.machines.powerOff({ id });
      await bench.waitFor(id, (one) => one.power === 'deciding', 'asked');
      await bench.client.machines.decide({ id, answers: [{ slot, answer: 'discard' }] });
      await bench.waitFor(id, (one) => one.power === 'off', 'went off');
    });

    it('can be powered off without a question, and keeps what was written', async () => {
      await startAndFill();
      await bench.client.machines.powerOff({ id, keep: true });
      const view = await bench.waitFor(id, (one) => one.power === 'off', 'went off');
      expect(view.hasWaitingChanges).toBe(true);
      expect(view.paused).toBeUndefined();
    });
  },
);

describe('a machine that runs', { timeout: 60_000 }, () => {
  it('can be paused and goes on', async () => {
    const bench = await CoreBench.open();
    try {
      const { machines } = bench.client;
      const { id } = await machines.createDemo({});
      await machines.saveSettings({ id, settings: { ...(await machines.settings({ id })), backend: 'fake' } });
      await machines.powerOn({ id });
      await machines.pause({ id });
      expect((await bench.waitFor(id, (one) => one.power === 'paused', 'was paused')).paused).toEqual({
        reason: 'asked',
      });
      await machines.resume({ id });
      await bench.waitFor(id, (one) => one.power === 'running', 'went on');
    } finally {
      await bench.close();
    }
  });
});

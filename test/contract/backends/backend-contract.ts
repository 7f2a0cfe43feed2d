import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../core/backends/backend.ts';
import { startLeakCheck } from '../../support/leak-check.ts';
import { RfbClient } from '../../support/rfb-client.ts';
import { bootCount, notesOn } from '../../support/scratchpad.ts';
import { startScratchpad, type ScratchpadMachine } from './scratchpad-machine.ts';

export interface BackendUnderTest {
  readonly makeBackend: () => Backend;
  /** How long the guest may take from power-on to its prompt. */
  readonly bootLimitMs: number;
}

/** Every promise of backend.ts that can be seen from outside, on a machine that runs Scratchpad. */
export function backendContract(name: string, { makeBackend, bootLimitMs }: BackendUnderTest): void {
  describe(`the ${name} backend`, () => {
    const timeout = 4 * bootLimitMs;
    let machine: ScratchpadMachine;
    let leaks: ReturnType<typeof startLeakCheck>;

    beforeEach(() => {
      leaks = startLeakCheck();
    });

    afterEach(async () => {
      await machine.dispose();
      await leaks.check();
    });

    const start = async (): Promise<ScratchpadMachine> => {
      machine = await startScratchpad(makeBackend(), bootLimitMs);
      return machine;
    };

    it('is available, and start ends with a screen that answers', { timeout }, async () => {
      const backend = makeBackend();
      expect(await backend.availability()).toMatchObject({ isAvailable: true });
      const { guest } = await start();
      const screen = await RfbClient.connect(guest.rfbSocketPath);
      expect(screen.width).toBeGreaterThan(0);
      await screen.close();
      const png = Buffer.from(await guest.screenshot());
      expect(png.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n');
    });

    it("the guest's reads and writes arrive at the device, and so do its flushes", { timeout }, async () => {
      const { device, type, waitFor } = await start();
      await waitFor('Boot 1.');
      expect(bootCount(device.bytes)).toBe(1);
      await type('keep this');
      await waitFor('Saved note 1');
      expect(notesOn(device.bytes)).toEqual([{ number: 1, text: 'keep this' }]);
      await expect.poll(() => device.log.includes('flush')).toBe(true);
    });

    it('the guest powers itself off: guest-stopped, and its socket is gone', { timeout }, async () => {
      const { guest, type, waitFor } = await start();
      await waitFor('Boot 1.');
      await type('poweroff');
      expect(await guest.ended).toEqual({ kind: 'guest-stopped' });
      expect(existsSync(guest.rfbSocketPath)).toBe(false);
      // Too late, and harmless.
      await guest.powerOff();
      expect(await guest.ended).toEqual({ kind: 'guest-stopped' });
    });

    it('power off ends it at once, twice is once, and nothing is left', { timeout }, async () => {
      const { guest, runtimeFiles } = await start();
      await Promise.all([guest.powerOff(), guest.powerOff()]);
      expect(await guest.ended).toEqual({ kind: 'powered-off' });
      await guest.powerOff();
      expect(readdirSync(runtimeFiles).filter((file) => file.endsWith('.sock'))).toEqual(['nbd.sock']);
    });

    it('a paused guest asks nothing of its disk, and goes on where it was', { timeout }, async () => {
      const { guest, device, events, type, waitFor } = await start();
      await waitFor('Boot 1.');
      await guest.resume();
      await guest.pause();
      await guest.pause();
      const requests = device.log.length;
      await type('while paused');
      await delay(300);
      expect(device.log.length).toBe(requests);
      await guest.resume();
      await guest.resume();
      expect(events).toEqual([{ kind: 'paused', reason: 'asked' }, { kind: 'resumed' }]);
      await type('');
      await type('awake');
      await waitFor('Saved note');
    });

    it('a reset boots the guest again', { timeout }, async () => {
      const { guest, device, events, waitFor } = await start();
      await waitFor('Boot 1.');
      await guest.reset();
      expect(events).toContainEqual({ kind: 'reset' });
      await waitFor('Boot 2.');
      expect(bootCount(device.bytes)).toBe(2);
    });

    it('a reset by the guest is told', { timeout }, async () => {
      const { events, type, waitFor } = await start();
      await waitFor('Boot 1.');
      await type('reboot');
      await waitFor('Boot 2.');
      expect(events).toContainEqual({ kind: 'reset' });
    });

    it('a paused guest that is reset stays paused, and boots when it goes on', { timeout }, async () => {
      const { guest, device, waitFor } = await start();
      await waitFor('Boot 1.');
      await guest.pause();
      await guest.reset();
      const requests = device.log.length;
      await delay(300);
      expect(device.log.length).toBe(requests);
      await guest.resume();
      await waitFor('Boot 2.');
    });

    it('a paused guest can be powered off', { timeout }, async () => {
      const { guest } = await start();
      await guest.pause();
      await guest.powerOff();
      expect(await guest.ended).toEqual({ kind: 'powered-off' });
    });

    const { requestShutdown } = makeBackend().capabilities;
    const why = requestShutdown === true ? '' : ` (skipped: ${requestShutdown})`;
    it.skipIf(requestShutdown !== true)(`the guest obeys a request to shut down${why}`, { timeout }, async () => {
      const { guest, waitFor } = await start();
      await waitFor('Boot 1.');
      await guest.requestShutdown();
      expect(await guest.ended).toEqual({ kind: 'guest-stopped' });
    });

    it('a full host pauses the guest, which goes on when there is room', { timeout }, async () => {
      const { guest, device, events, fillHost, type, waitFor } = await start();
      await waitFor('Boot 1.');
      const makeRoom = fillHost();
      await type('no room');
      await expect.poll(() => events, { timeout: 10_000 }).toContainEqual({ kind: 'paused', reason: 'no-space' });
      makeRoom();
      await guest.resume();
      await waitFor('Saved note 1');
      expect(notesOn(device.bytes)).toEqual([{ number: 1, text: 'no room' }]);
    });
  });
}

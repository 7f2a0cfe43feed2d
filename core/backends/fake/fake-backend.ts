import { setTimeout as delay } from 'node:timers/promises';
import type { RedoubtError } from '../../base/redoubt-error.ts';
import type { Backend } from '../backend.ts';
import { FakeGuest } from './fake-guest.ts';

/** What the fake backend is to do; all of it may be left out. */
export interface FakeScript {
  readonly startDelayMs?: number;
  /** `start` rejects with it. */
  readonly startFailure?: RedoubtError;
  /** Whether the guest obeys the power button; it does unless this is false. */
  readonly obeysShutdown?: boolean;
  /** Called with each guest that has started, for scripts that let it break. */
  readonly onGuest?: (guest: { fail(reason: string): Promise<void> }) => void;
}

/** Runs no machine code: for tests of what stands above a backend, and of the window anywhere. */
export function createFakeBackend(script: FakeScript = {}): Backend {
  return {
    name: 'fake',
    capabilities: {
      scsi: true,
      network: 'The test backend has no network.',
      requestShutdown: true,
      serialPort: true,
      cdrom: true,
      maximumMemoryMb: 4096,
    },
    availability: () => Promise.resolve({ isAvailable: true, version: '1' }),
    start: async (configuration, onEvent) => {
      await delay(script.startDelayMs ?? 0);
      if (script.startFailure !== undefined) throw script.startFailure;
      const guest = new FakeGuest(configuration, script.obeysShutdown ?? true, onEvent);
      try {
        await guest.begin();
      } catch (error) {
        await guest.powerOff();
        throw error;
      }
      script.onGuest?.(guest);
      return guest;
    },
  };
}

import { connect } from 'node:net';
import { totalmem } from 'node:os';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Backend, BackendConfiguration, GuestEvent, RunningGuest } from '../backend.ts';
import { freshAbilities, qemuAbilities, rememberedAbilities } from './accelerator.ts';
import { diskNodeName } from './arguments.ts';
import { locateQemu, type LocateOptions, type QemuBinary } from './locate.ts';
import { QemuGuest } from './qemu-guest.ts';
import { startQemu, type QemuProcess } from './qemu-process.ts';

export interface QemuBackendOptions extends LocateOptions {
  /** Where what the accelerator's probe found is remembered; made if it is missing. */
  readonly stateDirectory: string;
}

const rfbGreetingLimitMs = 10_000;

/** Guests in QEMU 7.2 or later, one process each. */
export function createQemuBackend({ stateDirectory, ...where }: QemuBackendOptions): Backend {
  return {
    name: 'qemu',
    capabilities: {
      scsi: true,
      network: true,
      requestShutdown: true,
      serialPort: true,
      cdrom: true,
      maximumMemoryMb: Math.floor(totalmem() / 1024 / 1024),
    },

    /** Names the accelerator only once it is known: a look at the backend starts no guest. */
    availability: async () => {
      const location = await locateQemu(where);
      if (location.kind === 'missing') {
        return { isAvailable: false, code: 'backend.not-found', reason: location.reason };
      }
      const { version } = location.binary;
      const known = await rememberedAbilities(location.binary, stateDirectory);
      return { isAvailable: true, version, ...(known === undefined ? {} : { accelerator: known.accelerator }) };
    },

    start: async (configuration, onEvent) => {
      const location = await locateQemu(where);
      if (location.kind === 'missing') {
        const searched = [...location.searched];
        throw new RedoubtError('backend.not-found', location.reason, { backend: 'qemu', searched });
      }
      const qemu = await startWithBestAccelerator(location.binary, stateDirectory, configuration);
      return beginGuest(qemu, configuration, onEvent);
    },
  };
}

/** An accelerator may have gone since it was probed (a device's permissions, a module): then the probe is made anew. */
async function startWithBestAccelerator(
  binary: QemuBinary,
  stateDirectory: string,
  configuration: BackendConfiguration,
): Promise<QemuProcess> {
  const abilities = await qemuAbilities(binary, stateDirectory);
  try {
    return await startQemu(binary, abilities, configuration);
  } catch (error) {
    if (abilities.accelerator === 'tcg') throw error;
    const fresh = await freshAbilities(binary, stateDirectory);
    if (fresh.accelerator === abilities.accelerator) throw error;
    return startQemu(binary, fresh, configuration);
  }
}

/** Sees that nothing is missing, then lets the guest run; if anything is, QEMU is ended and the reason thrown. */
async function beginGuest(
  qemu: QemuProcess,
  configuration: BackendConfiguration,
  onEvent: (event: GuestEvent) => void,
): Promise<RunningGuest> {
  const guest = new QemuGuest(qemu, configuration.runtimeDirectory, onEvent);
  try {
    await checkDisks(qemu, configuration);
    await checkDisplay(qemu);
    await guest.begin();
    return guest;
  } catch (error) {
    await qemu.end();
    throw error;
  }
}

/** Every disk of the configuration is attached and has the size that its session says. */
async function checkDisks({ client }: QemuProcess, { disks }: BackendConfiguration): Promise<void> {
  const drives = (await client.execute('query-block')) as {
    inserted?: { 'node-name'?: string; image?: { 'virtual-size'?: number } };
  }[];
  for (const { slot, sizeBytes } of disks) {
    const drive = drives.find(({ inserted }) => inserted?.['node-name'] === diskNodeName(slot));
    const found = drive?.inserted?.image?.['virtual-size'];
    if (found === sizeBytes) continue;
    const reason =
      found === undefined ? 'is not attached' : `has ${String(found)} bytes instead of ${String(sizeBytes)}`;
    const details = { backend: 'qemu', request: `attach ${slot}`, reason };
    throw new RedoubtError('backend.refused', `The disk at ${slot} ${reason}.`, details);
  }
}

/** The display's socket answers as RFB does. */
async function checkDisplay({ rfbSocketPath }: QemuProcess): Promise<void> {
  const isThere = await new Promise<boolean>((resolve) => {
    const socket = connect(rfbSocketPath);
    socket.setTimeout(rfbGreetingLimitMs, () => socket.destroy());
    socket.once('data', (bytes) => {
      resolve(bytes.subarray(0, 4).toString() === 'RFB ');
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
  if (isThere) return;
  const details = { backend: 'qemu', request: 'display', reason: 'the socket does not answer' };
  throw new RedoubtError('backend.refused', 'QEMU has no display.', details);
}

import { createRequire } from 'node:module';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type {
  Backend,
  BackendAvailability,
  BackendCapabilities,
  BackendConfiguration,
  GuestEvent,
  RunningGuest,
} from '../backend.ts';
import { asIdeSlot } from './drives.ts';
import { findFirmware, firmwareDirectories } from './firmware.ts';
import { V86Guest } from './v86-guest.ts';

/** v86 places all memory of the guest in its own 32-bit address space, beside its video memory and itself. */
const MAXIMUM_MEMORY_MB = 1024;

/**
 * The built-in emulator: slow and always there. It needs no other program, no virtualisation and no
 * rights, only SeaBIOS's two files.
 */
export class V86Backend implements Backend {
  readonly name = 'v86';
  readonly capabilities: BackendCapabilities = {
    scsi: 'The built-in emulator has IDE disks only.',
    network: 'The built-in emulator has no network.',
    requestShutdown: 'The built-in emulator has no power button that a guest could notice.',
    serialPort: true,
    cdrom: true,
    maximumMemoryMb: MAXIMUM_MEMORY_MB,
  };
  private readonly directories: readonly string[];

  /** `directories`: where the firmware is looked for, best first. */
  constructor(directories: readonly string[] = firmwareDirectories()) {
    this.directories = directories;
  }

  async availability(): Promise<BackendAvailability> {
    try {
      await findFirmware(this.directories);
    } catch (error) {
      if (!(error instanceof RedoubtError && error.is('backend.firmware-missing'))) throw error;
      return { isAvailable: false, code: 'backend.firmware-missing', reason: error.message, ...error.details };
    }
    return { isAvailable: true, version: emulatorVersion() };
  }

  async start(configuration: BackendConfiguration, onEvent: (event: GuestEvent) => void): Promise<RunningGuest> {
    for (const disk of configuration.disks) asIdeSlot(disk.slot);
    if (configuration.cdrom !== undefined && configuration.disks.some((disk) => disk.slot === 'ide1:0')) {
      throw unsupported('cdrom', 'The place of the CD drive, ide1:0, is taken by a disk.');
    }
    if (configuration.memoryMb > MAXIMUM_MEMORY_MB) {
      throw new RedoubtError('machine.bad-memory', 'The built-in emulator has not that much memory.', {
        memoryMb: configuration.memoryMb,
        maximumMb: MAXIMUM_MEMORY_MB,
      });
    }
    return V86Guest.start(configuration, await findFirmware(this.directories), onEvent);
  }
}

function unsupported(feature: string, reason: string): RedoubtError {
  return new RedoubtError('backend.unsupported', reason, { backend: 'v86', feature, reason });
}

function emulatorVersion(): string {
  const manifest = createRequire(import.meta.url)('v86/package.json') as { version: string };
  return manifest.version;
}

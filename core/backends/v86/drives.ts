import { RedoubtError } from '../../base/redoubt-error.ts';
import type { Cpu, IdeInterface, V86Image } from './v86-surface.ts';

const HARD_DISK_SECTOR_BYTES = 512;

/** The four places of the IDE bus. */
export const ideSlots = ['ide0:0', 'ide0:1', 'ide1:0', 'ide1:1'] as const;
export type IdeSlot = (typeof ideSlots)[number];

/** Throws backend.unsupported for any other bus. */
export function asIdeSlot(slot: string): IdeSlot {
  const found = ideSlots.find((one) => one === slot);
  if (found !== undefined) return found;
  throw new RedoubtError('backend.unsupported', `The built-in emulator has no place ${slot} for a disk.`, {
    backend: 'v86',
    feature: 'scsi',
    reason: 'The built-in emulator has IDE disks only.',
  });
}

/** The drive at a place, or `undefined` if its channel was not made. */
export function driveAt(cpu: Cpu, slot: IdeSlot): IdeInterface | undefined {
  const { primary, secondary } = cpu.devices.ide;
  const channel = slot.startsWith('ide0') ? primary : secondary;
  return slot.endsWith(':0') ? channel?.master : channel?.slave;
}

/**
 * Puts the machine's disks where its configuration says. v86 itself knows only a first and a second disk
 * and a CD drive that is always there, so what it made is set right here, before the guest runs.
 */
export function arrangeDrives(cpu: Cpu, disks: ReadonlyMap<IdeSlot, V86Image>, hasCdrom: boolean): void {
  for (const slot of ideSlots) {
    const drive = driveAt(cpu, slot);
    if (drive === undefined) continue;
    const disk = disks.get(slot);
    if (disk !== undefined) {
      drive.is_atapi = false;
      drive.sector_size = HARD_DISK_SECTOR_BYTES;
      drive.drive_connected = true;
      drive.set_disk_buffer(disk);
    } else if (slot !== 'ide1:0' || !hasCdrom) {
      drive.buffer = null;
      drive.drive_connected = false;
    }
  }
}

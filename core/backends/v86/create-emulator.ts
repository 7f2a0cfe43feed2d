import { readFile } from 'node:fs/promises';
import { V86, type V86Options } from 'v86';
import type { CdromImage } from './cdrom-image.ts';
import { arrangeDrives, type IdeSlot } from './drives.ts';
import type { GuestDisk } from './guest-disk.ts';
import type { Emulator } from './v86-surface.ts';

/** First hard disk, floppy, CD: a nibble each, the lowest first. */
const BOOT_HARD_DISK_FIRST = 0x312;

export interface EmulatorParts {
  readonly memoryMb: number;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer;
  readonly disks: ReadonlyMap<IdeSlot, GuestDisk>;
  /** Absent: no drive. `empty`: a drive without a CD. */
  readonly cdrom?: CdromImage | 'empty';
}

/** A machine that is complete but has not run yet. Rejects if v86 can't be started. */
export async function createEmulator(parts: EmulatorParts): Promise<Emulator> {
  provideImageData();
  const wasm = await readFile(new URL('./v86.wasm', import.meta.resolve('v86')));
  const primaryMaster = parts.disks.get('ide0:0') ?? parts.disks.get('ide0:1');
  const options = {
    wasm_fn: async (imports: WebAssembly.Imports) => (await WebAssembly.instantiate(wasm, imports)).instance.exports,
    memory_size: parts.memoryMb * 1024 * 1024,
    vga_memory_size: 16 * 1024 * 1024,
    bios: { buffer: parts.bios },
    vga_bios: { buffer: parts.vgaBios },
    boot_order: BOOT_HARD_DISK_FIRST,
    // Any disk will do to have the channel made; arrangeDrives puts each where it belongs.
    ...(primaryMaster === undefined ? {} : { hda: primaryMaster }),
    ...(parts.cdrom === undefined || parts.cdrom === 'empty' ? {} : { cdrom: parts.cdrom }),
    // No card and no relay: the guest has no network, and nothing outside is ever contacted.
    net_device: { type: 'none' },
    // SeaBIOS would wait for somebody to ask for its boot menu.
    fastboot: true,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
  };
  // Its types know no disk objects, no machine without a network card and no inner parts.
  const emulator = new V86(options as unknown as V86Options) as unknown as Emulator;
  await new Promise<void>((resolve) => {
    emulator.add_listener('emulator-loaded', () => {
      resolve();
    });
  });
  arrangeDrives(emulator.v86.cpu, parts.disks, parts.cdrom !== undefined);
  return emulator;
}

/** v86 keeps its picture in a browser's ImageData, which Node lacks. */
function provideImageData(): void {
  Object.assign(globalThis, {
    ImageData: class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  });
}

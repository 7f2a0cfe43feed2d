import { BlockPortClient } from '../../base/block-port.ts';
import { Disposables } from '../../base/disposables.ts';
import { encodePng } from '../../display/png.ts';
import { RfbServer } from '../../display/rfb-server.ts';
import type { GuestEvent } from '../backend.ts';
import { CdromImage } from './cdrom-image.ts';
import { createEmulator } from './create-emulator.ts';
import { asIdeSlot, driveAt, type IdeSlot } from './drives.ts';
import { GuestDisk } from './guest-disk.ts';
import { GuestInput } from './guest-input.ts';
import { failDrive, installIdeHooks } from './ide-hooks.ts';
import { testIdeHooks } from './ide-self-test.ts';
import type { WorkerStart } from './messages.ts';
import { GuestScreen } from './screen/guest-screen.ts';
import { SerialFile } from './serial-file.ts';
import type { Emulator } from './v86-surface.ts';

export interface GuestMachineEvents {
  onEvent(event: GuestEvent): void;
  /** The guest halted its processor for good. */
  onStopped(): void;
}

/**
 * One emulated machine with its disks, screen, serial port and RFB socket, in the thread it runs in.
 * `close` may be called at any time and ends everything; the other calls are for a machine that runs.
 */
export class GuestMachine {
  private isPaused = false;
  private readonly emulator: Emulator;
  private readonly disks: ReadonlyMap<IdeSlot, GuestDisk>;
  private readonly screen: GuestScreen;
  private readonly opened: Disposables;
  private readonly events: GuestMachineEvents;

  private constructor(
    emulator: Emulator,
    disks: ReadonlyMap<IdeSlot, GuestDisk>,
    screen: GuestScreen,
    opened: Disposables,
    events: GuestMachineEvents,
  ) {
    this.emulator = emulator;
    this.disks = disks;
    this.screen = screen;
    this.opened = opened;
    this.events = events;
  }

  /** Resolves when the guest runs and its screen can be connected to; else rejects and leaves nothing open. */
  static async start(start: WorkerStart, events: GuestMachineEvents): Promise<GuestMachine> {
    const opened = new Disposables();
    try {
      return await GuestMachine.build(start, events, opened);
    } catch (error) {
      await opened.close().catch(() => undefined);
      throw error;
    }
  }

  private static async build(
    start: WorkerStart,
    events: GuestMachineEvents,
    opened: Disposables,
  ): Promise<GuestMachine> {
    const parts: { machine?: GuestMachine } = {};
    const disks = new Map<IdeSlot, GuestDisk>();
    for (const { slot: name, link } of start.disks) {
      const client = new BlockPortClient(link);
      opened.add(() => {
        client.close();
      });
      const slot = asIdeSlot(name);
      const disk = await GuestDisk.open(client, {
        onNoSpace: () => void parts.machine?.stopForSpace(),
        onFailure: () => parts.machine?.failDriveAt(slot),
      });
      disks.set(slot, disk);
    }
    const cdrom = await openCdrom(start, opened);
    const { memoryMb, bios, vgaBios } = start;
    const emulator = await createEmulator({
      memoryMb,
      bios,
      vgaBios,
      disks,
      ...(cdrom === undefined ? {} : { cdrom }),
    });
    opened.add(() => emulator.stop());
    makeDisksHonest(emulator, disks);

    const screen = new GuestScreen(emulator);
    opened.add(() => {
      screen.stop();
    });
    const machine = new GuestMachine(emulator, disks, screen, opened, events);
    parts.machine = machine;
    machine.listen();
    await connectSerial(emulator, start.serialFilePath, opened);
    const rfb = await RfbServer.listen({
      socketPath: start.rfbSocketPath,
      name: start.name,
      source: screen,
      input: new GuestInput(emulator, () => screen.frame),
    });
    opened.add(() => rfb.close());
    screen.start();
    await emulator.run();
    return machine;
  }

  async pause(): Promise<void> {
    if (this.isPaused) return;
    await this.halt('asked');
  }

  async resume(): Promise<void> {
    if (!this.isPaused) return;
    this.isPaused = false;
    for (const disk of this.disks.values()) disk.retry();
    this.screen.start();
    await this.emulator.run();
    this.events.onEvent({ kind: 'resumed' });
  }

  /** A paused machine stays paused, at its first instruction. */
  async reset(): Promise<void> {
    await this.emulator.stop();
    await this.drain();
    this.emulator.restart();
    if (!this.isPaused) await this.emulator.run();
  }

  screenshot(): Uint8Array {
    this.screen.refresh();
    return encodePng(this.screen.frame);
  }

  /** Stops the guest where it is; what it has written reaches the session. Idempotent. */
  async close(): Promise<void> {
    this.isPaused = true;
    await this.emulator.stop();
    await this.drain();
    await this.opened.close();
  }

  private listen(): void {
    this.emulator.add_listener('cpu-event-halt', () => {
      this.events.onStopped();
    });
    const { cpu } = this.emulator.v86;
    const reboot = cpu.reboot_internal.bind(cpu);
    cpu.reboot_internal = () => {
      reboot();
      for (const disk of this.disks.values()) disk.forget();
      this.events.onEvent({ kind: 'reset' });
    };
  }

  private async halt(reason: 'asked' | 'no-space'): Promise<void> {
    this.isPaused = true;
    await this.emulator.stop();
    this.screen.stop();
    await this.drain();
    this.events.onEvent({ kind: 'paused', reason });
  }

  private async stopForSpace(): Promise<void> {
    if (!this.isPaused) await this.halt('no-space');
  }

  private async drain(): Promise<void> {
    await Promise.all([...this.disks.values()].map((disk) => disk.drain()));
  }

  private failDriveAt(slot: IdeSlot): void {
    const drive = driveAt(this.emulator.v86.cpu, slot);
    if (drive !== undefined) failDrive(drive);
  }
}

/** Where the guest's flushes can't be seen, every write is made durable instead. */
function makeDisksHonest(emulator: Emulator, disks: ReadonlyMap<IdeSlot, GuestDisk>): void {
  const { cpu } = emulator.v86;
  const [slot] = disks.keys();
  const drive = slot === undefined ? undefined : driveAt(cpu, slot);
  if (drive === undefined) return;
  let problem: string | undefined;
  try {
    installIdeHooks(drive);
    problem = testIdeHooks(cpu, drive);
  } catch (error) {
    problem = String(error);
  }
  if (problem === undefined) return;
  console.warn(`The guest's flushes can't be seen (${problem}): every write is made durable.`);
  for (const disk of disks.values()) disk.isWriteThrough = true;
}

async function openCdrom(start: WorkerStart, opened: Disposables): Promise<CdromImage | 'empty' | undefined> {
  if (start.cdrom?.isoPath === undefined) return start.cdrom && 'empty';
  const image = await CdromImage.open(start.cdrom.isoPath);
  opened.add(() => image.close());
  return image;
}

async function connectSerial(emulator: Emulator, path: string | undefined, opened: Disposables): Promise<void> {
  if (path === undefined) return;
  const file = await SerialFile.create(path);
  opened.add(() => file.close());
  emulator.add_listener('serial0-output-byte', (byte) => {
    file.append(byte as number);
  });
}

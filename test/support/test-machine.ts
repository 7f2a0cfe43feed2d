import { MessageChannel } from 'node:worker_threads';
import type {
  Backend,
  BackendConfiguration,
  BackendDisk,
  GuestEvent,
  RunningGuest,
} from '../../core/backends/backend.ts';
import { serveBlockPort } from '../../core/base/block-port.ts';
import type { BlockDevice } from '../../core/disk/block-device.ts';
import { RfbClient } from './rfb-client.ts';
import { makeTempFolder, type TempFolder } from './temp-folder.ts';

/** A device as a backend without NBD gets it. */
export function portedDisk(slot: string, device: BlockDevice): BackendDisk {
  return {
    slot,
    sizeBytes: device.sizeBytes,
    nbdSocketPath: '',
    nbdExportName: '',
    openPort() {
      const { port1, port2 } = new MessageChannel();
      serveBlockPort(device, port1);
      return { sizeBytes: device.sizeBytes, isWritable: device.isWritable, port: port2 };
    },
  };
}

/** A running guest with a client on its screen and a folder of its own; `stop` ends and removes all of it. */
export class TestMachine {
  readonly events: GuestEvent[] = [];
  private readonly screens: RfbClient[] = [];

  private constructor(
    readonly guest: RunningGuest,
    readonly folder: TempFolder,
    events: GuestEvent[],
  ) {
    this.events = events;
  }

  static async start(
    backend: Backend,
    disks: readonly BackendDisk[],
    more: Partial<BackendConfiguration> = {},
  ): Promise<TestMachine> {
    const folder = makeTempFolder();
    const events: GuestEvent[] = [];
    try {
      const guest = await backend.start(
        {
          machineId: 'test',
          machineName: 'Test machine',
          memoryMb: 16,
          disks,
          network: 'none',
          runtimeDirectory: folder.path,
          serialFilePath: folder.at('serial.txt'),
          ...more,
        },
        (event) => events.push(event),
      );
      return new TestMachine(guest, folder, events);
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  async screen(options?: { wantsExtendedKeys: boolean }): Promise<RfbClient> {
    const client = await RfbClient.connect(this.guest.rfbSocketPath, options);
    this.screens.push(client);
    return client;
  }

  /** Resolves when an event of this kind has come. */
  async event(kind: GuestEvent['kind']): Promise<GuestEvent> {
    for (;;) {
      const found = this.events.find((event) => event.kind === kind);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    await this.guest.powerOff();
    for (const screen of this.screens) await screen.close();
    this.folder.remove();
  }
}

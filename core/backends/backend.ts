/**
 * What every backend promises. Each instance of RunningGuest belongs to one runner.
 *
 * - `start` resolves when the guest's processor runs, its display socket accepts connections and every
 *   disk is attached; otherwise it rejects with a RedoubtError and has left nothing behind.
 *   A guest is never started without a display or with a disk missing.
 * - `ended` resolves exactly once, however the guest stops, and never rejects. After it nothing that the
 *   backend started is alive and its sockets are gone.
 * - `requestShutdown` asks the guest and returns at once; `powerOff` ends it, resolves after `ended`,
 *   and may be called at any time, more than once.
 * - `reset`, `pause`, `resume` resolve when the change has happened. `pause` when paused does nothing.
 *   While paused, the guest issues no disk request. A paused guest that is reset stays paused. The firmware
 *   may follow a reset with one of its own, which is told like any other.
 * - A capability that is not `true` is the sentence that says why not.
 */
import type { BlockPortLink } from '../base/block-port.ts';

export type BackendName = 'qemu' | 'v86' | 'fake';

/** `true`, or the reason in one sentence. */
export type Capability = true | string;

export interface BackendCapabilities {
  readonly scsi: Capability;
  readonly network: Capability;
  readonly requestShutdown: Capability;
  readonly serialPort: Capability;
  readonly cdrom: Capability;
  readonly maximumMemoryMb: number;
}

/** Whether the backend can be used on this host, asked anew each time. */
export type BackendAvailability =
  | { readonly isAvailable: true; readonly version: string; readonly accelerator?: string }
  | { readonly isAvailable: false; readonly code: 'backend.not-found'; readonly reason: string }
  | {
      readonly isAvailable: false;
      readonly code: 'backend.firmware-missing';
      readonly reason: string;
      readonly files: readonly string[];
      readonly searched: readonly string[];
    };

export interface BackendDisk {
  /** For example `ide0:0`. */
  readonly slot: string;
  readonly sizeBytes: number;
  /** The NBD export on the runner's own socket. */
  readonly nbdSocketPath: string;
  readonly nbdExportName: string;
  /** The same session, reached by messages instead of a socket. */
  openPort(): BlockPortLink;
}

export interface BackendConfiguration {
  readonly machineId: string;
  readonly machineName: string;
  readonly memoryMb: number;
  readonly disks: readonly BackendDisk[];
  /** One drive at ide1:0; without a path it is empty. */
  readonly cdrom?: { readonly isoPath?: string };
  readonly network: 'nat' | 'none';
  /** What the first serial port sends is written to this file, which starts empty. */
  readonly serialFilePath?: string;
  /** A private folder (0700) for sockets and scratch files, removed by the runner afterwards. */
  readonly runtimeDirectory: string;
}

export type GuestEnd =
  /** The guest powered itself off, or did what it was asked by requestShutdown. */
  | { readonly kind: 'guest-stopped' }
  | { readonly kind: 'powered-off' }
  | { readonly kind: 'failed'; readonly reason: string };

export type GuestEvent =
  | { readonly kind: 'reset' }
  | { readonly kind: 'paused'; readonly reason: 'asked' | 'no-space' }
  | { readonly kind: 'resumed' };

export interface RunningGuest {
  /** A Unix socket that speaks RFB 3.8 without a password. */
  readonly rfbSocketPath: string;
  readonly ended: Promise<GuestEnd>;
  requestShutdown(): Promise<void>;
  powerOff(): Promise<void>;
  reset(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The screen as it is now, as a PNG file. */
  screenshot(): Promise<Uint8Array>;
}

export interface Backend {
  readonly name: BackendName;
  readonly capabilities: BackendCapabilities;
  availability(): Promise<BackendAvailability>;
  start(configuration: BackendConfiguration, onEvent: (event: GuestEvent) => void): Promise<RunningGuest>;
}

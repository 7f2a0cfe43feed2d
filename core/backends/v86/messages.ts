import type { WireError } from '../../api/errors.ts';
import type { BlockPortLink } from '../../base/block-port.ts';
import type { GuestEvent } from '../backend.ts';

/** What passes between the backend and its worker thread. */

/** Given to the worker as its `workerData`; the links' ports are transferred. */
export interface WorkerStart {
  readonly name: string;
  readonly memoryMb: number;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer;
  readonly disks: readonly { readonly slot: string; readonly link: BlockPortLink }[];
  readonly cdrom?: { readonly isoPath?: string };
  readonly serialFilePath?: string;
  readonly rfbSocketPath: string;
}

export type WorkerOrder = 'reset' | 'pause' | 'resume' | 'screenshot' | 'stop';

/** Every order is answered once, `stop` when sockets and files are closed. */
export interface WorkerCommand {
  readonly id: number;
  readonly order: WorkerOrder;
}

export type WorkerReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly png?: Uint8Array }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'event'; readonly event: GuestEvent }
  /** The guest halted its processor for good. */
  | { readonly kind: 'guest-stopped' };

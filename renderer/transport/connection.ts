import type { Client } from '../../core/api/contract.ts';

/**
 * A byte stream to a machine's screen, in the shape that noVNC takes for a WebSocket: it opens by itself,
 * reports once through `onopen`, then messages, then once through `onclose`.
 */
export interface ConsoleChannel {
  binaryType: 'arraybuffer' | 'blob';
  readonly protocol: string;
  readyState: string | number;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: ArrayBufferView | ArrayBuffer): void;
  close(): void;
}

export type ConnectionState = 'connecting' | 'open' | 'lost';

/**
 * How the window reaches the core; one object for the life of the page. Its client stays the same when the
 * wire breaks and comes back: calls made in between reject with `shell.unreachable`.
 */
export interface Connection {
  readonly client: Client;
  openConsole(machineId: string): ConsoleChannel;
  /** Calls back at once with the state, then at every change. Returns the end of it. */
  subscribe(listener: (state: ConnectionState) => void): () => void;
  /** Tries again now rather than at the end of the waiting time. */
  retryNow(): void;
}

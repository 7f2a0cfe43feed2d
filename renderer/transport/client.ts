import type { Client } from '../../core/api/contract.ts';
import type { Connection, ConsoleChannel } from './connection.ts';
import { connectByPort } from './port-connection.ts';
import { connectByWebSocket } from './websocket-connection.ts';

export { asRedoubtError } from './as-redoubt-error.ts';

declare global {
  interface Window {
    /** Put there by the preload script of the desktop shell; absent in a browser tab. */
    readonly redoubt?: { readonly shell: 'electron' };
  }
}

let current: Connection | undefined;

/** Uses another connection for this page. For the fake one of development and tests. */
export function installConnection(connection: Connection): void {
  current = connection;
}

/** The page's connection to the core, made at first use: by message port in the desktop shell, else by WebSocket. */
export function connection(): Connection {
  current ??= window.redoubt?.shell === 'electron' ? connectByPort() : connectByWebSocket(window.location);
  return current;
}

/** The contract's calls, typed. What a call throws is read with `asRedoubtError`. */
export function client(): Client {
  return connection().client;
}

/** The screen of a running machine, for noVNC. The caller closes it. */
export function openConsole(machineId: string): ConsoleChannel {
  return connection().openConsole(machineId);
}

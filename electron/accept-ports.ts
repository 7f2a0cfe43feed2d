import { RPCHandler } from '@orpc/server/message-port';
import { ipcMain, type IpcMainEvent, type MessagePortMain } from 'electron';
import type { Core } from '../core/create-core.ts';
import { isOurUrl } from './app-scheme.ts';
import { bridgeRfb } from './bridge-rfb.ts';

/**
 * Answers the ports that the page sends: `redoubt:api` carries the contract, `redoubt:rfb` the bytes of one
 * machine's screen. Only the top frame of our own origin is heard.
 */
export function acceptPorts(core: Core): void {
  const handler = new RPCHandler(core.router);
  ipcMain.on('redoubt:connect', (event, message: unknown) => {
    const [port] = event.ports;
    if (port === undefined) return;
    if (!isOurPage(event)) {
      port.close();
      return;
    }
    accept(core, handler, port, message);
  });
}

function accept(core: Core, handler: RPCHandler<Record<never, never>>, port: MessagePortMain, message: unknown): void {
  const request = (message ?? {}) as { type?: unknown; machineId?: unknown };
  if (request.type === 'redoubt:api') {
    handler.upgrade(port, { context: {} });
    port.start();
  } else if (request.type === 'redoubt:rfb' && typeof request.machineId === 'string') {
    bridgeRfb(core.connectRfb(request.machineId), port);
  } else {
    port.close();
  }
}

function isOurPage(event: IpcMainEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isOurUrl(frame.url);
}
